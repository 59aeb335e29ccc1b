"""What is right, as the tests read it.

`end`: how the tile stands in the end: `live`, `down` (lost or refused), or `either`.
`reasons`: keys of the words that are right where it is down.
`never`: links that must not have been told on the way (`lost`, `refused`, `late`).
`through`: links that must have been told on the way (`waiting` for a key picture).
`whole`: `always` (no picture is torn), `in the end` (the last ones are whole), `unread` (the
pictures are too small or have no bars).
`looks`: what must have been said of the pictures (`picture-disturbed`).
`pictures`: how many are looked at; `behind`: at least one of them is no older than so many pictures.
`plays`: sessions that may be begun; `streamed_s`: the camera has sent for so long before that is judged.
`clock`: `none` where nothing may be said of the camera's clock.
`basic`: `never` where the password must not go in the clear.
"""


def live(**more):
    return {"end": "live", "never": ["lost", "refused"], "through": [], "whole": "always",
            "pictures": 8, "behind": 3, "plays": 1, "streamed_s": 0, "reasons": [], **more}


def down(*reasons, **more):
    return {"end": "down", "never": ["live"], "through": [], "whole": "unread", "pictures": 0,
            "behind": 0, "plays": 0, "streamed_s": 0, "reasons": list(reasons), **more}


def either(*reasons, **more):
    """A whole picture, or a word that says why there is none."""
    return {"end": "either", "never": [], "through": [], "whole": "always", "pictures": 3,
            "behind": 0, "plays": 0, "streamed_s": 0, "reasons": list(reasons), **more}
