"""A shop of one file, with the faults of a first deployment."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path

ROOT = Path(__file__).parent

settings.configure(
    SECRET_KEY=os.environ.get("SECRET_KEY", "django-insecure-change-me"),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.staticfiles"],
    MIDDLEWARE=["whitenoise.middleware.WhiteNoiseMiddleware"],
    STATIC_URL="/static/",
    STATIC_ROOT=ROOT / "collected",
    STATICFILES_DIRS=[ROOT / "static"],
    STORAGES={"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}},
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)
application = get_wsgi_application()


def page(_request: object) -> HttpResponse:
    from django.templatetags.static import static

    return HttpResponse(f"<!doctype html><title>Shop</title><link rel=stylesheet href={static('shop.css')}>")


def live(_request: object) -> JsonResponse:
    return JsonResponse({"status": "live"})


def slow(_request: object) -> HttpResponse:
    time.sleep(3)
    return HttpResponse("done")


def request(request: object) -> JsonResponse:
    return JsonResponse({"scheme": request.scheme, "client": request.META["REMOTE_ADDR"]})


urlpatterns = [path("", page), path("livez", live), path("slow", slow), path("request", request)]
