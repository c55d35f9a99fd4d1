"""Accounts, API keys and the log of what editors did."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm, MultipleChoiceField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nocturne import personal
from nocturne.accounts import factors, mails
from nocturne.models import ApiKey, User

from .pages import NOTHING, EditorAdmin, Lists, RecordAdmin, SearchFilter, user_of

# what allauth shows of its own: secrets, and addresses that nobody adds here
for unused in (Authenticator, EmailAddress):
    admin.site.unregister(unused)


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Rights are given by superusers only, and their accounts are changed by superusers only."""

    add_form = UserCreationForm
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("display_name", "first_name", "last_name")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    readonly_fields = ("last_login", "date_joined")
    list_display = ("email", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    show_full_result_count = False
    actions = ("reset_factor",)

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[Lists]:
        return Lists

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        rights = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups", "user_permissions")
        return (*self.readonly_fields, *rights)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """With all that the apps keep of somebody; what an editor did stays in the log."""
        personal.erase(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            personal.erase(user)

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Reset the second factor", permissions=["superuser"])
    def reset_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For who has lost phone and recovery codes."""
        rows = [user for user in queryset if factors.reset(user)]
        LogEntry.objects.log_actions(
            user_id=user_of(request).pk, queryset=rows, action_flag=CHANGE, change_message="Second factor reset."
        )
        for user in rows:
            mails.send_notice("totp_deactivated", user.email)
        said = "1 account sets up" if len(rows) == 1 else f"{len(rows)} accounts set up"
        self.message_user(request, f"{said} a second factor anew after signing in.", messages.SUCCESS)


class ApiKeyForm(ModelForm):
    """Scopes to tick; at least one."""

    scopes = MultipleChoiceField(
        choices=ApiKey.Scope.choices,
        widget=CheckboxSelectMultiple,
        initial=[ApiKey.Scope.READ],
        help_text="What it may be used for.",
    )


@admin.register(ApiKey)
class ApiKeyAdmin(EditorAdmin):
    form = ApiKeyForm
    list_display = ("name", "active", "may", "made_by", "created_at", "last_used_at")
    list_select_related = ("made_by",)
    list_filter = ("active", "last_used_at")
    search_fields = ("name",)
    ordering = ("name",)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("name", "scopes", "active", "made_by", "created_at", "last_used_at") if obj else ("name", "scopes")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        return ("made_by", "created_at", "last_used_at")

    @admin.display(description="May")
    def may(self, row: ApiKey) -> str:
        return ", ".join(row.scopes)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued, key = ApiKey.issue(obj.name, scopes=obj.scopes, made_by=user_of(request))
        obj.pk = issued.pk
        said = "The key of {} is shown this once, so copy it now: <code>{}</code>"
        self.message_user(request, format_html(said, obj.name, key), messages.WARNING)


@admin.register(LogEntry)
class LogEntryAdmin(RecordAdmin):
    """What editors did, by whom and when."""

    list_display = ("action_time", "user", "content_type", "row", "action_flag", "what")
    list_display_links = ("action_time",)
    list_filter = (("user", SearchFilter), "action_flag", "content_type")
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message")
    date_hierarchy = "action_time"
    fields = ("action_time", "user", "content_type", "row", "action_flag", "what")

    @admin.display(description="Row")
    def row(self, entry: LogEntry) -> SafeString | str:
        url = None if entry.is_deletion() else entry.get_admin_url()
        return format_html('<a href="{}">{}</a>', url, entry.object_repr) if url else entry.object_repr

    @admin.display(description="What")
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message() or NOTHING
