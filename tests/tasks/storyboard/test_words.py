"""Headers that the tables of words were not made from: what share is read, that the rest is told, what is no length."""

import pytest

from tasks.domain.errors import Faults
from tasks.storyboard.assignment import assign
from tasks.storyboard.formats.columns import Table
from tasks.storyboard.meaning import Meaning, pair_of, public, resembles, understand
from tests.tasks.boards import board, shot_of, written


def _each(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", "|").split("|") if part.strip()]


LENGTHS = {
    "": """
    Duration (mm:ss) | Dauer (mm:ss) | Length [h:mm:ss] | 时长(分:秒) | Duration (min:sec) | TRT (mm:ss) | 尺（分：秒）
    Duration (SS:FF) | Duración (hh:mm:ss:ff) | Durée m:ss | Longueur (hh:mm:ss)
    Shot's length | On-screen duration | Durée estimative | Duração em tela | Durata a schermo | 单镜头时长 | カット長
    Duration | Approx. duration | Approx Length | Est. Length | Estimated Time | Clip Time | Shot Time
    Shot Dur. | Shot Dur | Scene Dur | Video Duration | Target Length | Run Time | Running Time
    Expected duration | Planned Duration | Screen time | Time on screen | Panel Duration | Board Duration
    Segment Duration | Segment Length | Beat Length | Cut Length | Take Length | Desired Duration
    Render Duration | Output Duration | Geplante Dauer | Dauer (ca.) | Ungefähre Dauer | Geschätzte Länge
    Videolänge | Videodauer | Szenenlänge | Dauer des Shots | Dauer der Szene | Zeitdauer | Filmlänge
    Durée approximative | Durée de la scène | Durée prévue | Longueur du plan | Durée vidéo | Durée du clip
    Temps à l'écran | Duración de la escena | Duración aproximada | Duración aprox. | Duración del video
    Duración del clip | Tiempo en pantalla | Largo | Duração aproximada | Duração do vídeo | Duração do clipe
    Duração da tomada | Tempo de tela | Duração prevista | Durata della scena | Durata della clip
    Durata del video | Durata approssimativa | Durata prevista | Duur van shot | Duur van de scène | Scèneduur
    Clipduur | Geschatte duur | Videolengte | Duurtijd | Czas trwania ujęcia | Długość sceny | Długość klipu
    Szacowany czas | Przewidywany czas | 单镜时长 | 预估时长 | 视频长度 | 镜头持续时间 | 片长 | 画面时长
    预计时长 | 影片長度 | 預估時長 | 持续时长 | カットの長さ | 予定尺 | ショットの長さ | 映像の長さ | 動画尺
    尺数 | クリップ長 | シーンの長さ | 샷 길이 | 예상 길이 | 예상 시간 | 클립 길이 | 장면 길이 | 동영상 길이
    컷 시간
    """,
    "s": """
    초 단위 | Duration(s) | 时长（单位：秒） | 予定秒数
    Duration(sec) | Duration in s | Duration: seconds | duration_seconds | DURATION_S | durationS
    duration-secs | Dur (sec.) | DUR(S) | Dur. [sec] | Len (s) | len_s | length_in_seconds | lengthSeconds
    lengthSec | Shot Length (s) | Shot length in seconds | Est. secs | Approx. seconds | # of seconds
    No. of seconds | Number of seconds | num_seconds | Seconds (est.) | Time (sec) | Time in seconds
    clip_len_sec | Screen time (sec) | runtime_s | Runtime (seconds) | Video Length (sec) | shot_duration_s
    Secs/shot | Seconds per shot | Sec. | Hold (s) | Timing (s) | Length (secs) | duration (in seconds)
    Target Duration (sec) | Shot Duration - Seconds | sec | Dauer (s) | Dauer [s] | Dauer/Sek | Dauer in s
    Dauer_s | Dauer_sek | Dauer (Sekunden) | Länge in Sekunden | Länge (Sek.) | Sek. | Sek | Sekundenzahl
    Anzahl Sekunden | Laufzeit (s) | Zeit (s) | Zeit in Sekunden | Einstellungslänge (s) | Shotlänge in Sek.
    Szenendauer (Sek) | Durée (sec) | Durée (secondes) | Durée [s] | Durée en s | duree_s | Duree (sec)
    Longueur (s) | Secondes | Nb de secondes | Nombre de secondes | Temps (s) | Temps (sec.) | Durée plan (s)
    Minutage (s) | Duración (s) | Duración en segundos | duracion_seg | Duracion (segundos) | Tiempo (s)
    Tiempo (seg) | Nº de segundos | Longitud (s) | Duración (segs.) | Tiempo en segundos | Duração (s)
    Duração (seg) | duracao_s | Duracao (segundos) | Tempo (s) | Tempo em segundos | Tempo (seg)
    Comprimento (s) | Durata (s) | Durata (sec) | Durata (secondi) | durata_sec | Secondi | Tempo in secondi
    Lunghezza (s) | Durata in s | N. secondi | Duur (s) | Duur (sec) | Duur (seconden) | duur_sec | Seconden
    Aantal seconden | Tijd (s) | Tijd in seconden | Lengte (s) | Lengte in seconden | Czas trwania (s)
    Czas trwania [s] | Czas (sek.) | czas_s | Sekundy | Liczba sekund | Czas w sekundach | Długość (sek)
    Długość w sekundach | Czas ujęcia (s) | 时长（秒） | 时长(s) | 时长(S) | 时长[秒] | 时长_秒 | 时间(秒)
    时间（s） | 镜头时长(秒) | 视频时长（秒） | 持续时间(秒) | 时长 (sec) | 长度（秒） | 秒 | 秒數 | 時長(秒)
    時間（秒） | 预计时长(秒) | 单镜时长（秒） | 时长/s | 时长：秒 | 总秒数 | 镜头秒数 | 分镜时长(s) | 尺（秒）
    尺[秒] | カット尺(秒) | 長さ(秒) | 長さ[s] | 尺(sec) | 時間[秒] | 秒数(s) | デュレーション(秒)
    再生時間（秒） | 動画の長さ（秒） | カット秒数 | 尺・秒 | 尺/秒 | 길이 (초) | 길이(s) | 시간(초) | 길이[초]
    재생 시간(초) | 러닝타임(초) | 초수 | 샷 길이(초) | 컷 길이 (초) | 영상 길이(초) | 지속시간(초) | 시간(sec)
    길이_초
    """,
    "ms": """
    duration_ms | Duration (ms) | Duration [msec] | durationMillis | duration_in_ms | Length (ms) | lengthMs
    Time (ms) | time_in_ms | Milliseconds | millis | Dauer (ms) | Dauer in ms | Dauer in Millisekunden
    Durée (ms) | Durée en millisecondes | Duración (ms) | Duração em ms | Durata (ms) | Duur in ms | Czas (ms)
    时长(ms) | 时长（毫秒） | 毫秒 | 尺(ms) | 長さ(ミリ秒) | 길이(ms) | 길이(밀리초)
    """,
    "frames": """
    Duration (frames) | duration_in_frames | Duration [f] | Dur (frames) | Dur (fr) | Dur(f) | Length in frames
    Length (fr.) | length_frames | frame_count | frameCount | Frame Count | num_frames | numFrames | nFrames
    n_frames | # of frames | No. Frames | No. of Frames | Number of Frames | Total frames | Frames @24
    Frames (25 fps) | Frames total | Shot Length (frames) | Cut Length (frames) | FRAMES | Dauer (Frames)
    Dauer in Frames | Dauer (Bilder) | Länge in Bildern | Anzahl Frames | Frameanzahl | Anzahl der Bilder
    Nombre d'images | Nb images | Nb d'images | Durée en images | Nb de frames | Nº de fotogramas
    Número de cuadros | Duración (fotogramas) | Duración en frames | Cuadros | Número de quadros
    Duração (frames) | Duração em quadros | Numero fotogrammi | Durata (fotogrammi) | Durata in frame
    N. fotogrammi | Aantal beelden | Duur (frames) | Aantal frames | Liczba klatek | Długość (klatki)
    Czas (klatki) | 帧数 | 总帧数 | 时长（帧） | 镜头帧数 | 时长(frames) | 幀數 | 長度(幀) | コマ数 | 尺（コマ）
    尺(フレーム) | フレーム数 | 総フレーム数 | 総コマ数 | 尺[f] | 프레임수 | 프레임 수 | 길이 (프레임)
    총 프레임 | 프레임
    """,
    "min": """
    Length (min) | Duration (mins) | Duration in minutes | duration_min | Dauer (Min.) | Dauer in Minuten
    Durée (min) | Duración (min) | Durata (min) | 时长(分) | 时长（分钟） | 尺(分) | 길이(분)
    """,
}
IMAGES = """
    Art | Reference art | 1st frame | Bild (Start) | Skizzenbild | Lien vers l'image | Foto del plano | Kadr początkowy
    参考图（首帧） | 分镜头图 | カット画像 | 참고자료 이미지 | Shotafbeelding | Disegno inquadratura
    Image | Images | IMG | img_src | Image src | imageSrc | Image Ref | Image Reference | image_ref | ref_image
    Ref Img | Ref Pic | Ref. Picture | Reference Image URL | Reference Photo | reference_image_path
    Reference Still | Reference Frame | Reference Picture | Visual Ref | Visual reference | Picture | Pic
    Picture File | picture_url | Photo | Photo URL | Photo Link | Still | Still Image | Still frame | stillUrl
    Sketch | Sketch URL | Drawing | Thumbnail | Thumb | Thumbnail URL | thumb_url | thumbnail_path
    Preview Image | Preview | Storyboard | Storyboard Panel | Storyboard Sketch | Storyboard Pic
    Storyboard picture | Storyboard URL | Storyboard Thumbnail | Board Image | Board | Panel | Panel Image
    Panel URL | Frame | Frame Image | Frame URL | Frame file | Keyframe | Key Frame | Keyframe Image
    keyframe_url | Keyframe path | First Frame | first_frame | firstFrame | firstFrameUrl | First frame image
    First Frame URL | First frame path | Start Frame | start_frame | startFrame | start_frame_path
    Start Frame Image | Start image | Start Image URL | start_img | Starting Image | Starting Frame
    Initial Image | Initial Frame | init_image | initImage | Input Image | input_img | input_image_url
    Opening Frame | Opening Image | Source Image | Source Img | Source picture | Base Image | Base Frame
    Seed Image | Conditioning Image | Guide Image | Concept Concept Image | Style Frame | Style Reference
    Mood Image | Artwork | Illustration | Screenshot | Image Asset | Image Path | image path/URL
    Image File Name | image_filename | Image name | image link (drive) | Image URL or path | I2V image
    image (first frame) | Image 1 | Image1 | Image_1 | Cover Image | Image (PNG) | Shot Image | Shot Thumbnail
    Scene Image | Scene image URL | scene_image_path | head frame | Image files | Bild
    Bilder | Bild-URL | Bild URL | Bild Datei | Bilddatei | Bildname | Bildpfad | Bildreferenz | Referenz
    Referenzbild | Referenzfoto | Ref.-Bild | Ref-Bild | Startbild | Startframe | Start-Frame | Anfangsbild
    Erstes Bild | Erster Frame | Ausgangsbild | Eingangsbild | Skizze | Zeichnung | Entwurf | Storyboardbild
    Storyboard-Bild | Vorschau | Vorschaubild | Miniaturbild | Foto | Foto-Link | Standbild | Schlüsselbild
    Keyframe-Bild | Bild (Pfad) | Bild (Link) | Grafik | Bildvorlage | Einzelbild | Image de référence
    Image réf. | Image ref | Réf. image | Référence | Référence visuelle | Référence image | Image de départ
    Image de début | Image initiale | Première image | Première frame | Image source | Image clé | Vignette
    Croquis | Dessin | Esquisse | Miniature | Photo de référence | Lien image | Lien de l'image | URL de l'image
    Chemin de l'image | Fichier image | Fichier de l'image | Aperçu | Image (URL) | Image d'entrée | Imagen
    Imágenes | Imagen de referencia | Imagen ref. | Ref. imagen | Referencia | Referencia visual
    Foto de referencia | Imagen inicial | Imagen de inicio | Primer fotograma | Primer frame | Frame inicial
    Fotograma inicial | Cuadro inicial | Fotograma clave | Boceto | Dibujo | Viñeta | Miniatura | Ilustración
    Enlace de imagen | Enlace imagen | URL de imagen | URL de la imagen | Ruta de imagen | Ruta de la imagen
    Archivo de imagen | Imagen (URL) | Imagen base | Imagem | Imagens | Imagem de referência | Imagem ref.
    Ref. imagem | Referência | Referência visual | Foto de referência | Imagem inicial | Imagem de início
    Primeiro quadro | Primeiro frame | Quadro inicial | Quadro-chave | Esboço | Rascunho | Desenho | Ilustração
    Link da imagem | URL da imagem | Caminho da imagem | Arquivo da imagem | Arquivo de imagem | Imagem (URL)
    Immagine | Immagini | Immagine di riferimento | Immagine rif. | Rif. immagine | Riferimento
    Riferimento visivo | Foto di riferimento | Immagine iniziale | Immagine di partenza | Primo fotogramma
    Primo frame | Frame iniziale | Fotogramma iniziale | Fotogramma chiave | Bozzetto | Schizzo | Disegno
    Vignetta | Illustrazione | Link immagine | URL immagine | Percorso immagine | File immagine | Anteprima
    Afbeelding | Afbeeldingen | Beeld | Plaatje | Referentieafbeelding | Referentiebeeld | Referentie
    Referentiefoto | Startbeeld | Startafbeelding | Beginbeeld | Eerste frame | Eerste beeld | Schets | Tekening
    Miniatuur | Illustratie | Afbeelding URL | URL afbeelding | Link afbeelding | Afbeeldingslink
    Afbeeldingspad | Afbeeldingsbestand | Obraz | Obrazek | Obrazy | Zdjęcie | Zdjęcie referencyjne
    Obraz referencyjny | Grafika | Referencja | Referencje wizualne | Obraz początkowy | Obraz startowy
    Pierwsza klatka | Klatka początkowa | Klatka startowa | Klatka kluczowa | Szkic | Rysunek | Ilustracja
    Link do obrazu | Link do zdjęcia | URL obrazu | Ścieżka obrazu | Ścieżka do obrazu | Plik obrazu
    Plik graficzny | Kadr | 图片 | 图像 | 图 | 图片链接 | 图片URL | 图片url | 图片地址 | 图片路径 | 图片文件
    图片名 | 图像路径 | 参考图 | 参考图片 | 参考图像 | 参考图链接 | 参考图URL | 参考画面 | 首帧 | 首帧图
    首帧图片 | 首帧图像 | 首帧URL | 首帧链接 | 首帧图链接 | 起始帧 | 起始图片 | 起始画面 | 第一帧 | 开始帧
    关键帧 | 关键帧图 | 关键帧图片 | 分镜图 | 分镜图片 | 分镜画面图 | 分镜草图 | 草图 | 示意图 | 缩略图 | 配图
    插图 | 照片 | 原图 | 素材图 | 场景图 | 概念图 | 输入图片 | 垫图 | 圖片 | 圖像 | 參考圖 | 參考圖片 | 首幀
    首幀圖 | 關鍵幀 | 分鏡圖 | 縮圖 | 草圖 | 圖片連結 | 圖檔 | 画像 | 画像URL | 画像リンク | 画像パス
    画像ファイル | 画像ファイル名 | 参考画像 | 参考画像URL | 参照画像 | 開始画像 | 開始フレーム | 最初のフレーム
    最初の画像 | 先頭フレーム | 初期フレーム | スタートフレーム | ファーストフレーム | 入力画像 | 元画像
    キーフレーム | キーフレーム画像 | 絵コンテ | 絵コンテ画像 | コンテ画像 | コンテ | スケッチ | ラフ | ラフ画
    下絵 | イラスト | サムネイル | サムネイルURL | サムネ | 写真 | 静止画 | イメージ | イメージ画像
    リファレンス | リファレンス画像 | レファレンス | ピクチャ | 絵 | 参考写真 | 이미지 | 이미지 URL
    이미지 링크 | 이미지 경로 | 이미지 파일 | 이미지 주소 | 이미지 파일명 | 참고 이미지 | 참고이미지
    참조 이미지 | 레퍼런스 | 레퍼런스 이미지 | 레퍼런스 사진 | 시작 이미지 | 시작 프레임 | 시작프레임
    첫 프레임 | 첫프레임 | 첫 장면 이미지 | 입력 이미지 | 원본 이미지 | 키프레임 | 키 프레임 | 스토리보드 이미지
    스토리보드 그림 | 콘티 | 콘티 이미지 | 그림 | 그림 파일 | 스케치 | 썸네일 | 섬네일 | 사진 | 삽화 | 일러스트
    스틸컷 | 스틸 이미지 | 장면 이미지 | 참고 사진
"""
# what is not read, by the column that it is told to look like
TOLD = {
    "duration ": """
    Gesamtlänge | Abspieldauer | Drehlänge | 전체 길이
    """,
    "duration": """
    Timing | Total Length | Voiceover Duration | Dauer pro Einstellung | Zeit | Temps | Durée totale du plan
    Tiempo | Tempo | Tijd | Czas | 时间 | 時間 | タイム | 시간 | total_seconds | Total sec | Minutes
    """,
    "": """
    Czas wideo | 영상 시간 | T (s) | Seg. | Seg | Segs | Render | Asset | Asset URL | Attachments
    Attachment | Captura
    """,
    "scene": """
    장면 시간
    """,
    "references": """
    Reference Images
    """,
    "prompt": """
    Prompt Image | Visuel
    """,
    "image": """
    Frame A | Img2Vid Image | Image Attachment | Character Image | Background Image | Frame 1
    """,
}
# what is none of these, though it shares a word with one
OTHERS = """
    Camera | Camera Angle | Camera Move | Shot Size | Shot Type | Framing | Lens | Focal Length | Location
    Time of Day | Day/Night | Int/Ext | INT./EXT. | Characters | Cast | Props | Wardrobe | Notes | Comments
    Status | Assignee | Priority | Tags | Due Date | Created | Last Modified | Version | Image Notes
    Image Description | Image Style | Image Size | Image Ratio | Photo Credit | Photographer | Reference Notes
    Start Date | End Date | Call Time | Setup Time | Script Page | Page | Page Length | Total Duration
    Cumulative Duration | Time of day | Frame Rate | FPS | Frame Size | Aspect | Transition | Lighting | Sound
    Dialogue | VO | SFX | Music | On-screen Text | Super | Graphics | VFX | VFX Notes | Shot Status
    Scene Heading | Slug | Logline | Mood | Color Palette | Style | Equipment | Crew | Setup | Take | Takes
    Best Take | Rating | Circled | Roll | Card | Clip Rating | Video | Video File | Output | Output Video
    Output URL | Result | Cost | Budget | Model | Seed | Steps | CFG | Sampler | Client | Project | Episode
    Timecode | TC | Frames per second | Kommentar | Kamera | Kamerabewegung | Einstellungsgröße | Bildgröße
    Brennweite | Drehort | Tageszeit | Uhrzeit | Drehtag | Darsteller | Requisiten | Bemerkung | Anmerkungen
    Valeur de plan | Mouvement caméra | Lieu | Décor | Heure | Remarques | Movimiento de cámara | Tipo de plano
    Tamaño de plano | Ubicación | Personajes | Notas | Hora | Movimento de câmera | Locação | Observações
    Movimento di macchina | Campo | Note | Camerabeweging | Kader | Locatie | Opmerkingen | Ruch kamery
    Plan filmowy | Lokacja | Uwagi | 景别 | 运镜 | 机位 | 备注 | 角色 | 地点 | 拍摄时间 | 图片说明 | 图片提示
    画面比例 | 字幕 | 音效 | カメラワーク | サイズ | 備考 | 場所 | キャスト | 撮影時間 | 画面サイズ | 카메라
    카메라 무빙 | 샷 사이즈 | 앵글 | 장소 | 비고 | 자막 | 촬영 시간 | Bildunterschrift | Bildrechte | Startdatum
    Image Prompt Notes | Length of lens | Focal | Board Notes | Panel Notes | Reference Video | Video Link
    Scene Time | Art Department | Key Light | Key Props | First AD | Start Location | End Location | First Line
    Last Line | Opening Line | Main Character | Sketch Artist | Picture Editor | Picture Lock | Picture Status
    Frame.io | Frame.io Link | Frame Notes | Frame Status | Sequence Name | Second Unit | Minutes
"""
PAIRS = """
    Start Time (s) / End Time (s) | Timecode In / Timecode Out | TC IN / TC OUT | In Point / Out Point | IN点 / OUT点
    Head In / Tail Out | Record In / Record Out | Rec In / Rec Out | Source In / Source Out | sg_cut_in / sg_cut_out
    Début / Fin | Heure de début / Heure de fin | Inicio / Fin | Tempo inicial / Tempo final | Von / Bis | Beginn / Ende
    Startzeit / Endzeit | Begintijd / Eindtijd | Czas rozpoczęcia / Czas zakończenia | Od / Do | Da / A
    开始时间 / 结束时间 | 入点 / 出点 | 起始帧 / 结束帧 | 開始時間 / 終了時間 | 開始秒 / 終了秒 | 시작 시간 / 종료 시간
    t_start / t_end | startMs / endMs | Start (mm:ss) / End (mm:ss) | Startframe / Endframe | Clip Start / Clip End
"""


@pytest.mark.parametrize(("unit", "header"), [(unit, text) for unit, all_ in LENGTHS.items() for text in _each(all_)])
def test_lengths_are_read(unit: str, header: str) -> None:
    """A length is composed of its words: what lasts, how sure it is, how it is counted."""
    assert understand(header) == Meaning("duration", unit)  # type: ignore[arg-type]  # a unit


@pytest.mark.parametrize("header", _each(IMAGES))
def test_pictures_are_read(header: str) -> None:
    """A picture is composed of its words too, written together or apart."""
    assert understand(header) == Meaning("image")


@pytest.mark.parametrize(("like", "header"), [(like, text) for like, all_ in TOLD.items() for text in _each(all_)])
def test_what_is_not_read_is_told(like: str, header: str) -> None:
    """A header that is left unread says which column it looks like, where its words say so."""
    assert (understand(header).name in ("", "references", "image_prompt"), resembles(header)) == (True, like.strip())


@pytest.mark.parametrize("header", _each(OTHERS))
def test_what_is_neither(header: str) -> None:
    """What is about a picture, or counts something else, is neither a picture nor a length."""
    assert public(understand(header)) not in ("duration", "image", "last_image", "prompt")


@pytest.mark.parametrize("pair", _each(PAIRS))
def test_both_ends_of_a_pair(pair: str) -> None:
    """The two ends of one thing are known as such, and share what else is said of them."""
    first, last = (pair_of(text.strip()) for text in pair.split(" / "))
    assert (first[0], last[0], first[1:]) == ("first", "last", last[1:])


def test_a_rate_is_no_length() -> None:
    """Frames a second are no frames of a shot; a length per frame in seconds is one."""
    assert shot_of("Frames per Second,Description", "24,a").seconds == 8
    assert shot_of("Frame duration (sec),Description", "4,a").seconds == 4


def test_source_in_is_no_source() -> None:
    """The timecode at which a source begins is not the video that a remix starts from."""
    shot = shot_of("Source In,Source Out,Description", "00:00:01:00,00:00:05:00,a")
    assert (shot.mode, shot.seconds) == ("text_to_video", 4)


@pytest.mark.parametrize(
    ("cells", "like"),
    [
        (["a.png", "", "pics/b.JPG"], "image"),
        (["boat.png (https://x.example/boat.png)"], "image"),
        (["4 s", "3.5s", ""], "duration"),
        (["pan left", "a.png", "hold"], ""),
        (["4", "5"], ""),
        ([""], ""),
    ],
)
def test_cells_tell_what_a_header_does_not(cells: list[str], like: str) -> None:
    """Of a header whose words say nothing, its cells say what it may be."""
    table = Table(1, ("prompt", "Attachments"), [*range(2, 2 + len(cells))], [["a"] * len(cells), cells], Faults())
    [unread] = assign(table, {}).told.unread
    assert tuple(unread) == ("Attachments", like)


@pytest.mark.parametrize("cell", ["and/or like Jaws", "film noir / 35mm", "see the moodboard", "n/a", "w/ Ada"])
def test_words_with_a_slash_are_no_picture(cell: str) -> None:
    """A column of references in words is carried and told, and not looked for on the disk."""
    read_board = board(written([["Ref", "prompt"], [cell, "a"]]))
    assert [(shot.image, dict(shot.extras)) for shot in read_board.shots] == [("", {"Ref": cell})]
    assert "'Ref' is not read as image" in "\n".join(read_board.told.lines)


@pytest.mark.parametrize(
    "cell", ["images/boat", "a.png", "my pics/a b.png", "./x", "C:\\x\\a", "s3://b/x", "~/a", "/x/a b"]
)
def test_what_names_a_file(cell: str) -> None:
    """Paths and addresses are pictures, with or without an ending."""
    assert shot_of("Ref,prompt", f"{cell},a").image


def test_a_remark_in_brackets() -> None:
    """What a header says in brackets of a prompt changes nothing; of a length or a picture it may."""
    assert understand("Description\n(what we see)") == Meaning("prompt")
    assert understand("Duration (cumulative)").name == understand("Image (credit)").name == ""


def test_of_two_pictures_one_is_read() -> None:
    """The other one is told."""
    told = board("Image 1,Image 2,prompt\na.png,b.png,x\n").told
    assert "nothing reads 'Image 2' (like image)" in "\n".join(told.lines)
