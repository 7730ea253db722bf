from django.urls import path

from desk import (
    calls,
    case,
    cases,
    dashboard,
    funnel,
    handover,
    health,
    minute,
    notices,
    search,
    today,
    told,
    urgent,
)

app_name = "desk"
urlpatterns = [
    path("", today.today, name="today"),
    path("calls/", calls.calls, name="calls"),
    path("minute/", minute.minute, name="minute"),
    path("urgent/", urgent.urgent, name="urgent"),
    path("urgent/on-call/", urgent.on_call, name="on-call"),
    path("urgent/<str:call>/", urgent.urgent_call, name="urgent-call"),
    path("search", search.search, name="search"),
    path("notifications/", notices.notifications, name="notifications"),
    path("handovers/", handover.handovers, name="handovers"),
    path("handovers/<str:handover>/", handover.handover, name="handover"),
    path("told/", told.told, name="told"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<str:case>/", case.case, name="case"),
    path("cases/<str:case>/<str:participant>/", case.summary, name="summary"),
    path("cases/<str:case>/<str:participant>/timeline/", case.timeline, name="timeline"),
    path("cases/<str:case>/<str:participant>/rights/", case.rights, name="rights"),
    path("cases/<str:case>/<str:participant>/who-looked/", case.who_looked, name="who-looked"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/duties/", dashboard.duties, name="duties"),
    path("dashboard/funnel/", funnel.funnel, name="funnel"),
    path("dashboard/funnel/<str:step>/", funnel.funnel_step, name="funnel-step"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
