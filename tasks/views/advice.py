"""What to do about a shot that has no clip, by the class of what ended it."""

from collections.abc import Mapping

ADVICE: Mapping[str, tuple[str, str, str]] = {
    "Budget": (
        "The budget stopped it",
        "Nothing more was ordered. Raise the limit and run the same command again: what is there is kept. "
        "Where the reason names max_wasted_usd, look first at why so much bought no clip.",
        "--budget USD",
    ),
    "Moderated": (
        "Refused by content policy",
        "Change the prompt, which makes it a new shot, or ask once more for the shot as it is.",
        "--rerender ID",
    ),
    "Unclear": (
        "It may have been bought",
        "An order left and its answer was lost, so it is never sent there again by itself. Look for the job at "
        "the gateway and collect what can be collected. Naming the shot with --rerender orders it anew.",
        "storyreel rescue TARGET",
    ),
    "Target": (
        "The target has not kept the clip",
        "The clip was bought and is not at the target. See that there is room and that writing is allowed, then "
        "collect it, which buys nothing.",
        "storyreel rescue TARGET",
    ),
    "Locked": (
        "Key or credit",
        "The gateway turned the key down, or its credit is used up. Check both, then run the same command again.",
        "storyreel providers --check",
    ),
    "Refused": (
        "The order was not taken",
        "Asked again it would end the same way: change what the reason names, or give the chain another route.",
        "",
    ),
    "NoRoute": (
        "No route was left",
        "Every route of its chain was passed over. Change what the reason names, or give the chain another route.",
        "",
    ),
    "Source": (
        "Its source has no clip",
        "It is made from another shot. See to that one first: the same command then renders both.",
        "",
    ),
    "Busy": (
        "The gateway was busy",
        "The last order was not accepted and cost nothing. Run the same command again later.",
        "",
    ),
    "Failed": (
        "The gateway failed at it",
        "Run the same command again: it is tried anew. If it fails at the same gateway, pin another in its route.",
        "",
    ),
    "Interrupted": (
        "The run was interrupted",
        "Run the same command again: jobs already bought are collected, the rest is rendered.",
        "",
    ),
    "": (
        "Not asked for yet",
        "The last run was for other shots. Run the same command without --only.",
        "",
    ),
    "at_risk": (
        "A second clip may be paid for",
        "The shot has its clip, and another order may have been accepted too. Look for it at the gateway, or "
        "collect what is there.",
        "storyreel rescue TARGET",
    ),
}
