"""The gateways' own records of jobs, for those that document a list of them: one pure module a gateway.

The rest has none: aigateway, aimlapi, aivideoapi, pixazo, xai and gemini_omni document no list; openai_videos' servers
list jobs without money and in no common order; OpenRouter tells of one generation by its id, and sums by the day for
keys of another kind; Runway and Runware tell sums of an organisation, which name no job.
"""
