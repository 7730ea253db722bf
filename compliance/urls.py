from django.urls import path

from compliance import breach_views, excuse_views, metric_lists, metric_pages, views
from compliance.calendar import views as calendar
from compliance.local import views as local

app_name = "compliance"
urlpatterns = [
    path("code/", views.code, name="code"),
    path("code/calculator/", views.calculator, name="calculator"),
    path("code/<str:key>/rules/<str:rule>/", views.rule, name="rule"),
    path("code/<str:key>/load", views.load_code, name="load-code"),
    path("code/<str:key>/bring-into-force", views.bring_into_force, name="bring-into-force"),
    path("metrics/", metric_pages.metrics, name="metrics"),
    path("metrics/guards/", metric_pages.guards, name="guards"),
    path("metrics/<str:key>/", metric_pages.metric, name="metric"),
    path("metrics/<str:key>/list/", metric_lists.metric_list, name="metric-list"),
    path("duties/<int:duty>/", views.explain, name="explain"),
    path("code/standards/", local.standards, name="standards"),
    path("code/standards/new", local.new, name="standard-new"),
    path("code/standards/<str:key>/", local.standard, name="standard"),
    path("code/standards/<str:key>/<int:number>/", local.version, name="standard-version"),
    path("code/standards/<str:key>/<int:number>/decide", local.decide, name="standard-decide"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/propose", calendar.propose, name="calendar-propose"),
    path("calendar/<int:calendar>/", calendar.version, name="calendar-version"),
    path("calendar/<int:calendar>/decide", calendar.decide, name="calendar-decide"),
    path("duties/<int:duty>/excuse", excuse_views.ask, name="ask-excuse"),
    path("duties/<int:duty>/breach/", breach_views.breach, name="breach"),
    path("duties/<int:duty>/breach/answer", breach_views.answer, name="answer-breach"),
    path("duties/<int:duty>/breach/dispute", breach_views.decide, name="decide-dispute"),
    path("duties/<int:duty>/breach/close", breach_views.close, name="close-breach"),
    path("excuses/", excuse_views.excuses, name="excuses"),
    path("excuses/<str:excuse>/", excuse_views.excuse, name="excuse"),
    path("breaches/", breach_views.breaches, name="breaches"),
]
