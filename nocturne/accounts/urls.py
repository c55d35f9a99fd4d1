"""Addresses of accounts, under the names that allauth asks for where it has any; what it has more is not there."""

from allauth.account.views import account_inactive
from allauth.mfa.base.views import authenticate
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path

from . import pages, signing
from .factors import enrols, gives_up, recently

urlpatterns = [
    path("", pages.account, name="account"),
    path("data.json", pages.export, name="account_export"),
    path("delete/", pages.delete, name="account_delete"),
    path("login/", signing.login, name="account_login"),
    path("login/code/", signing.code, name="account_code"),
    path("login/link/<str:token>/", signing.link, name="account_link"),
    path("login/again/", signing.again, name="account_reauthenticate"),
    path("login/factor/", pages.factor_page(authenticate), name="mfa_authenticate"),
    path("logout/", signing.sign_out, name="account_logout"),
    path("inactive/", pages.factor_page(account_inactive), name="account_inactive"),
    path("factor/", pages.overview, name="mfa_index"),
    path("factor/add/", pages.factor_page(recently(enrols(totp.activate_totp))), name="mfa_activate_totp"),
    path("factor/remove/", pages.factor_page(recently(gives_up(totp.deactivate_totp))), name="mfa_deactivate_totp"),
    path("factor/codes/", pages.factor_page(recently(recovery.view_recovery_codes)), name="mfa_view_recovery_codes"),
    path(
        "factor/codes/new/",
        pages.factor_page(recently(recovery.generate_recovery_codes)),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "factor/codes/download/",
        pages.factor_page(recently(recovery.download_recovery_codes)),
        name="mfa_download_recovery_codes",
    ),
]
