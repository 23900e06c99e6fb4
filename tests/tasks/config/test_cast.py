"""The cast of a config."""

from pathlib import Path

import pytest

from tasks.config.settings import load_settings
from tasks.domain.errors import ConfigError
from tasks.domain.shot import CastMember


def test_a_member_has_words_and_pictures(tmp_path: Path) -> None:
    """Text is needed, pictures may be given, and may be required."""
    file = tmp_path / "c.toml"
    file.write_text('[cast.hero]\ntext = "a woman"\nimages = ["a.png"]\nrequired = true\n[cast.dog]\ntext = "a dog"\n')
    assert load_settings(file, {}).cast == {
        "hero": CastMember("hero", "a woman", ("a.png",), True),
        "dog": CastMember("dog", "a dog"),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[vars]\nhero = "x"\n[cast.hero]\ntext = "y"\n', "stands in [vars] too"),
        ('[cast.hero]\nimages = ["a.png"]\n', "cast.hero.text: is missing"),
        ('[cast.hero]\ntext = "a"\nrequired = true\n', "is for its images, and it has none"),
        ('[cast.hero]\ntext = "a"\nimage = ["a.png"]\n', "nearest known: 'images'"),
        ('[cast."a;b"]\ntext = "a"\n', "is no name that a prompt can hold"),
        ('cast = "hero"\n', "cast"),
        ('[cast]\nhero = "a woman"\n', "cast.hero"),
    ],
)
def test_a_faulty_cast(tmp_path: Path, text: str, told: str) -> None:
    """Each fault names the member and what would be right."""
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})
    assert any(told in str(fault) for fault in caught.value.faults), caught.value.faults
