"""After how many days without a word an answered conversation is closed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messenger', '0027_assistant_key'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenant',
            name='inactivity_days',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: never. Whoever waits for the team, and what is snoozed, is left alone.', null=True, verbose_name='days without a word after which an answered conversation is closed'),
        ),
        migrations.AddConstraint(
            model_name='tenant',
            constraint=models.CheckConstraint(condition=models.Q(('inactivity_days', None), ('inactivity_days__range', (1, 36500)), _connector='OR'), name='tenant_inactivity_days', violation_error_message='Between 1 and 36,500 days, or empty.'),
        ),
    ]
