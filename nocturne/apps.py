from django.apps import AppConfig


class NocturneConfig(AppConfig):
    name = "nocturne"
    verbose_name = "Accounts and keys"
