"""Who is signed in, with their team in the same question: hardly a page can do without it."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from victimcare.accounts.models import User


class WithTeam(ModelBackend):
    """Django's own backend; only how it finds somebody again differs."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("team").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
