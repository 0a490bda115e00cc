"""The product's routes, so that the load client is the same."""

from django.urls import path

from bench.peers.monolith import views

urlpatterns = [
    path("api/v1/sessions", views.sign_up),
    path("api/v1/reports", views.report),
    path("api/v1/stream", views.stream),
]
