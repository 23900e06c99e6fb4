"""Boards as other programs write them, rebuilt small: what each is read as. Words and names are of our own."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.tasks.boards import board
from tests.tasks.storyboard.test_cuts import EDL, otio_of, timeline
from tests.tasks.storyboard.test_ods import HEAD, cell, ods, row
from tests.tasks.workbooks import packed, parts_of, picture, placed, sheet

TEXTS = {
    "studiobinder": """\
Scene,Shot,Subject,Description,Shot Size,Camera Angle,Camera Movement,Equipment,Lens,Est. Time,Cast,Notes,Reference
1,1,Ferry,The ferry turns in the fog,Wide,Eye Level,Pan,Sticks,35mm,4 sec,,,ref/ferry.jpg
1,2,Rope,A rope hits the quay,Close Up,Low Angle,Static,Handheld,85mm,3 sec,Ada,wet,
2,1,Booth,The ticket booth opens,Medium,Eye Level,Dolly,Dolly,50mm,5 sec,,,
""",
    "kitsu": """\
Project,Episode,Sequence,Name,Description,Nb Frames,Frame In,Frame Out,FPS,Status
Harbour,E01,SQ010,SH010,The ferry turns in the fog,96,101,196,24,wip
Harbour,E01,SQ010,SH020,A rope hits the quay,72,197,268,24,todo
""",
    "shotgrid": """\
"Id","Shot Code","Sequence","Description","Cut In","Cut Out","Cut Duration","Status","Thumbnail","Task Template"
"1101","hb_010","hb","The ferry turns in the fog","1001","1096","96","ip","","Shot"
"1102","hb_020","hb","A rope hits the quay","1001","1072","72","wtg","","Shot"
""",
    "boords": """\
Frame Number,Image URL,Action,Dialogue,Sound,Camera,Notes,Duration
1,https://pics.example/1.png,The ferry turns in the fog,,fog horn,Pan left,,4
2,https://pics.example/2.png,A rope hits the quay,"Hold it!",thud,,,3.5
""",
    "airtable": """\
\ufeffName,Scene,Shot Description,Length (sec),Attachments,Assignee,Status,Last Modified
Ferry,1,"The ferry turns
in the fog",4,boat.png (https://dl.example/boat.png),Ada,Done,2026-01-02
Rope,1,A rope hits the quay,3,,Ada,To do,2026-01-03
""",
    "notion": """\
Name,Action,Assign,Date,Est. Duration,Ref Image,Scene,Tags
Shot 1,The ferry turns in the fog,Ada,"January 2, 2026",4s,Shot%20List%20ab12/boat.png,Harbour,"wide, fog"
Shot 2,A rope hits the quay,,,3s,,Harbour,
""",
    "gsheets": """\
,HARBOUR LIGHTS,,,,,
,v3 - draft,,,,,
,,,,,,
,Scene,Shot #,Visual,Audio,Seconds,Camera
,EXT. HARBOUR,,,,,
,1,1,The ferry turns in the fog,Fog horn,4,pan left
,,2,A rope hits the quay,Thud,3,static
,INT. HALL,,,,,
,2,3,The ticket booth opens,Creak,5,dolly in
,,,,TOTAL,12,
""",
    "german": """\
Szene;Einstellung;Einstellungsgröße;Bildinhalt;Länge (Sek.);Startbild;Bemerkung
1;1A;Totale;Die Fähre dreht im Nebel;4,5;bilder/faehre.png;
1;1B;Nah;Ein Tau schlägt auf den Kai;3;;nass
""",
    "chinese": """\
分镜表,,,,,,
场次,镜号,景别,运镜,画面内容,时长（秒）,参考图
1,1,远景,固定,雾中的渡轮缓缓转向,４,图/渡轮.png
1,2,特写,推,缆绳打在码头上,3,
""",
    "commandpost": """\
Shot Number,Shot Duration,Scene Number,Scene Time,Scene Description,Shot Size & Type,Camera Movement,SFX,Music Track
1,00:00:04,1,Dawn,The ferry turns in the fog,Wide,Pan,horn,
2,00:00:03,1,Dawn,A rope hits the quay,Close,Static,thud,
""",
    "ai": """\
shotId,label,order,shotValue,cameraMovement,durationSeconds,actionText,continuesFromShotId
a1,Ferry,1,WS,pan,4,The ferry turns in the fog,
a2,Rope,2,CU,static,3,A rope hits the quay,a1
""",
    "seedance": """\
Shot ID,Duration,Mode,Subject/action,References,Continuity anchors,Start frame,End frame,Audio,Risks
S01_SH01,5s,T2V,The ferry turns in the fog,,fog,,,horn,
S01_SH02,5s,I2V,A rope hits the quay,,rope,frames/rope.png,,thud,hands
""",
    "magnific": """\
#,dur,size and angle,camera move,action,dialogue or sound,notes
1,4,wide,pan,The ferry turns in the fog,horn,
2,3,close,static,A rope hits the quay,thud,wet
""",
}
READ = {
    "studiobinder": [
        ("sh010", "1", "The ferry turns in the fog", "4", "/films/board/ref/ferry.jpg"),
        ("sh020", "1", "A rope hits the quay", "3", ""),
        ("sh030", "2", "The ticket booth opens", "5", ""),
    ],
    "kitsu": [
        ("SH010", "SQ010", "The ferry turns in the fog", "4.000", ""),
        ("SH020", "SQ010", "A rope hits the quay", "3.000", ""),
    ],
    "shotgrid": [
        ("hb_010", "hb", "The ferry turns in the fog", "4.000", ""),
        ("hb_020", "hb", "A rope hits the quay", "3.000", ""),
    ],
    "boords": [
        ("sh010", "", "The ferry turns in the fog", "4", "https://pics.example/1.png"),
        ("sh020", "", "A rope hits the quay", "3.5", "https://pics.example/2.png"),
    ],
    "airtable": [
        ("Ferry", "1", "The ferry turns\nin the fog", "4", ""),
        ("Rope", "1", "A rope hits the quay", "3", ""),
    ],
    "notion": [
        ("Shot 1", "Harbour", "The ferry turns in the fog", "4", "/films/board/Shot%20List%20ab12/boat.png"),
        ("Shot 2", "Harbour", "A rope hits the quay", "3", ""),
    ],
    "gsheets": [
        ("1", "1", "The ferry turns in the fog", "4", ""),
        ("2", "", "A rope hits the quay", "3", ""),
        ("3", "2", "The ticket booth opens", "5", ""),
    ],
    "german": [
        ("1A", "1", "Die Fähre dreht im Nebel", "4.5", "/films/board/bilder/faehre.png"),
        ("1B", "1", "Ein Tau schlägt auf den Kai", "3", ""),
    ],
    "chinese": [
        ("1", "1", "雾中的渡轮缓缓转向", "4", "/films/board/图/渡轮.png"),
        ("2", "1", "缆绳打在码头上", "3", ""),
    ],
    "commandpost": [
        ("1", "1", "The ferry turns in the fog", "4", ""),
        ("2", "1", "A rope hits the quay", "3", ""),
    ],
    "ai": [
        ("a1", "", "The ferry turns in the fog", "4", ""),
        ("a2", "", "A rope hits the quay", "3", ""),
    ],
    "seedance": [
        ("S01_SH01", "", "The ferry turns in the fog", "5", ""),
        ("S01_SH02", "", "A rope hits the quay", "5", "/films/board/frames/rope.png"),
    ],
    "magnific": [
        ("sh010", "", "The ferry turns in the fog", "4", ""),
        ("sh020", "", "A rope hits the quay", "3", ""),
    ],
}

TOLD = {
    "airtable": "'Attachments' (like image)",
    "gsheets": "3 rows without a prompt are passed over as section or total (line 5, 8, 10)",
    "chinese": "the header is line 2; what stands above it is passed over",
    "studiobinder": "its numbers begin again in every scene",
    "commandpost": "music from 'Music Track'",
    "shotgrid": "'Cut In' (like duration)",
}


def seen(data: bytes | str, name: str) -> list[tuple[str, str, str, str, str]]:
    return [(s.shot_id, s.scene, s.prompt, str(s.seconds), s.image) for s in board(data, name).shots]


@pytest.mark.parametrize("name", TEXTS)
def test_sheets(name: str) -> None:
    """Ids, scenes, prompts, lengths and pictures stand where each program writes them."""
    data = TEXTS[name].encode("cp1252" if name == "german" else "utf-8")
    assert seen(data, "b.csv") == READ[name]
    assert TOLD.get(name, "read: ") in "\n".join(board(data, "b.csv").told.lines)


def test_a_workbook_with_merged_scenes_and_pictures_in_cells() -> None:
    """A scene stands for its rows, a picture for its row, a length as it is shown."""
    heads = ["Szene", "Einstellung", "Beschreibung", "Dauer (s)", "Skizze"]
    cells = [f'<c r="E{line}" t="e" vm="{line - 1}"><v>#VALUE!</v></c>' for line in (2, 3)]
    rows: list[list[object]] = [
        heads,
        ["Hafen", (1, 1), "Die Fähre", 4.5, cells[0]],
        ["", (2, 1), "Ein Tau", 3, cells[1]],
    ]
    drawn = packed(parts_of({"S": sheet(rows, ["A2:A3"])}, placed(picture("red"), picture("blue"))))
    assert seen(drawn, "b.xlsx") == [
        ("001", "Hafen", "Die Fähre", "4.5", "b.xlsx#xl/media/cell0.png"),
        ("002", "Hafen", "Ein Tau", "3", "b.xlsx#xl/media/cell1.png"),
    ]


def test_a_spreadsheet_of_libreoffice() -> None:
    """OpenDocument gives the same rows."""
    data = ods(HEAD + row(*map(cell, ("Harbour", "1A", "A ferry", "4", "a.png"))))
    assert seen(data, "b.ods") == [("1A", "Harbour", "A ferry", "4", "/films/board/a.png")]


def test_cuts() -> None:
    """A timeline and an edit list are as long as their cut."""
    assert seen(otio_of(timeline(("A ferry", "", 72))), "c.otio") == [("sh010", "", "A ferry", "3", "")]
    assert [shot[2:4] for shot in seen(EDL, "c.edl")] == [("A ferry turns", "3"), ("A rope hits the quay", "2.5")]


def test_a_file_of_storyboarder() -> None:
    """Boards with their pictures, their lengths in milliseconds."""
    drawn: dict[str, Any] = {"number": 1, "shot": "1A", "uid": "X", "url": "board-1-X.png", "action": "A ferry"}
    data = json.dumps({"version": "1", "aspectRatio": 1.7777, "defaultBoardTiming": 2000, "boards": [drawn]})
    [shot] = board(data, "c.storyboarder").shots
    assert (shot.shot_id, shot.prompt, shot.seconds) == ("1A", "A ferry", Decimal(2))
    assert shot.image == "/films/board/images/board-1-X.png"
