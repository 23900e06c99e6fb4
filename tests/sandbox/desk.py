"""The sandbox's own endpoints: the bill, the log, the script, pictures for boards."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tests.sandbox.book import plain
from tests.sandbox.faults import ScriptError
from tests.sandbox.media import picture
from tests.sandbox.protocol import pixels
from tests.sandbox.world import World

HELP = """Storyreel sandbox: {gateways}, under /NAME each.

GET  /sandbox/bill                     what every gateway accepted and took
GET  /sandbox/log                      every request
POST /sandbox/faults                   a fault script (TOML or JSON) in place of the one in force
POST /sandbox/reset                    forget jobs, bills, log and fault counts; the script stays
GET  /sandbox/images/NAME?size=WxH     a picture (.jpg, .png, .webp)
"""


def desk_routes(world: World) -> list[Route]:
    """Routes under /sandbox, and the help at /."""

    async def help_text(request: Request) -> Response:
        return PlainTextResponse(HELP.format(gateways=", ".join(world.gateways)))

    async def bill(request: Request) -> Response:
        return JSONResponse(plain(world.book.bill()))

    async def log(request: Request) -> Response:
        return JSONResponse(world.book.entries())

    async def reset(request: Request) -> Response:
        world.reset()
        return Response(status_code=204)

    async def faults(request: Request) -> Response:
        try:
            world.play((await request.body()).decode())
        except ScriptError as problem:
            return PlainTextResponse(str(problem), 400)
        except UnicodeDecodeError:
            return PlainTextResponse("a script is UTF-8", 400)
        return JSONResponse({"faults": len(world.script.faults)})

    async def image(request: Request) -> Response:
        try:
            size = pixels(request.query_params.get("size", "1280x720"))
        except ValueError:
            return PlainTextResponse("size must be WIDTHxHEIGHT", 400)
        if not all(0 < side <= 8192 for side in size):
            return PlainTextResponse("a side is from 1 to 8192 pixels", 400)
        data, media_type = picture(request.path_params["name"], size)
        return Response(data, media_type=media_type)

    return [
        Route("/", help_text),
        Route("/sandbox/bill", bill),
        Route("/sandbox/log", log),
        Route("/sandbox/reset", reset, methods=["POST"]),
        Route("/sandbox/faults", faults, methods=["POST"]),
        Route("/sandbox/images/{name}", image),
    ]
