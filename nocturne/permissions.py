"""What pages may ask a browser for: where a visitor is, for the nearest city, and nothing else.

Not even what a page is made to load, were there a way to have it load anything.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

NOTHING = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media", "gyroscope"),
    *("hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials", "payment"),
    *("publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial", "usb"),
    "xr-spatial-tracking",
)
POLICY = ", ".join(["geolocation=(self)", *(f"{name}=()" for name in NOTHING)])

type Response = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Response) -> Response:
    """Around all that answers, redirects to https included."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Permissions-Policy"] = POLICY
        return response

    return respond
