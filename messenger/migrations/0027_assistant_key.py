"""One message of the assistant for a turn, made unique while others write."""

from django.db import migrations, models

from messenger.online import AddUniqueOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("messenger", "0026_assistant")]

    operations = [
        AddUniqueOnline(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('author_kind', 'assistant')), fields=('tenant', 'conversation', 'client_message_id'), name='message_assistant_key'),
        ),
    ]
