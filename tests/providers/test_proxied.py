"""A LiteLLM proxy between us and a server: the job that its error quotes, as seen of 1.108."""

import base64
import json
from typing import Any

import pytest

from tasks.domain.errors import Failed, Moderated
from tasks.domain.order import Reply
from tasks.engine.heard import answering
from tasks.providers import openai_videos
from tasks.providers._common.family import id_within

WRAPPED = "litellm:custom_llm_provider:openai;model_id:sora-2;video_id:video_7886;deployment_id:5f18d08b6fca"
OURS = "video_" + base64.b64encode(WRAPPED.encode()).decode().rstrip("=")
FAILED = {"id": "video_7886", "object": "video", "status": "failed", "error": {"code": 500, "message": "out of memory"}}


def quoting(body: Any, status: int = 500, before: str = "litellm.InternalServerError: OpenAIException - ") -> Reply:
    told = f"{before}{json.dumps(body)}\n\nLiteLLM: model group 'wan-2.2' failed with the error above."
    return Reply(status, json.dumps({"error": {"message": told, "code": str(status)}}).encode())


@pytest.mark.parametrize("status", [400, 404, 422, 429, 500, 503])
def test_a_failed_job_that_a_proxy_quotes_is_over(status: int) -> None:
    """Under any status: it is not asked after to its deadline."""
    with pytest.raises(Failed, match="out of memory"):
        openai_videos.progress(answering(quoting(FAILED, status), OURS, openai_videos))


def test_moderation_is_read_in_it() -> None:
    """The server's code counts, not the proxy's."""
    body = FAILED | {"error": {"code": "DataInspectionFailed", "message": "no"}}
    with pytest.raises(Moderated):
        openai_videos.progress(answering(quoting(body), OURS, openai_videos))


@pytest.mark.parametrize(
    ("body", "job", "before"),
    [
        (FAILED | {"id": "video_other"}, OURS, "litellm.NotFoundError: x - "),
        (FAILED, "video_7886", "litellm.NotFoundError: x - "),
        (FAILED, OURS, "somebody says "),
        ("{", OURS, "litellm.NotFoundError: x - {"),
    ],
)
def test_what_is_not_of_our_job_is_left_as_it_is(body: Any, job: str, before: str) -> None:
    """Another job, an id that wraps none, another program, half a body: asked again."""
    reply = quoting(body, before=before)
    assert answering(reply, job, openai_videos).body == reply.body


@pytest.mark.parametrize(("job", "inner"), [(OURS, "video_7886"), ("video_7886", ""), ("", ""), ("video_é", "")])
def test_the_id_within(job: str, inner: str) -> None:
    """Only the proxy's own form is opened."""
    assert id_within(job) == inner
