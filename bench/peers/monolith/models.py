"""Tables. Places are metres east and north of the city's centre, so that an index finds the
nearest."""

from django.db import models


class Account(models.Model):
    id = models.CharField(primary_key=True, max_length=40)
    phone_key = models.CharField(max_length=64, unique=True)
    phone = models.CharField(max_length=24)
    role = models.CharField(max_length=16, default="resident")
    created_at = models.DateTimeField(auto_now_add=True)


class Session(models.Model):
    id = models.CharField(primary_key=True, max_length=40)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    salt = models.CharField(max_length=32)
    opened_at = models.DateTimeField(auto_now_add=True)


class SignInCode(models.Model):
    phone_key = models.CharField(primary_key=True, max_length=64)
    hash = models.CharField(max_length=64)
    tries = models.IntegerField(default=0)
    used = models.BooleanField(default=False)
    expires_at = models.DateTimeField()


class Volunteer(models.Model):
    id = models.CharField(primary_key=True, max_length=40)
    east_m = models.FloatField()
    north_m = models.FloatField()
    on_duty = models.BooleanField(default=True)
    engaged_until = models.DateTimeField(null=True)


class Report(models.Model):
    id = models.CharField(primary_key=True, max_length=40)
    reporter = models.CharField(max_length=40, db_index=True)
    text = models.TextField()
    category = models.CharField(max_length=16)
    east_m = models.FloatField()
    north_m = models.FloatField()
    state = models.CharField(max_length=16, default="filed")
    filed_at = models.DateTimeField(auto_now_add=True)


class Alert(models.Model):
    report = models.ForeignKey(Report, on_delete=models.CASCADE)
    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
