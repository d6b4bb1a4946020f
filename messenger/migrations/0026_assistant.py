"""What is asked of the assistant, and what its messages and hand-overs are remembered by."""

import django.db.models.deletion
import messenger.models.tenancy
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messenger", "0025_replies_say_something")]

    operations = [
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('id', models.UUIDField(default=messenger.models.tenancy.new_id, editable=False, primary_key=True, serialize=False)),
                ('cycle', models.PositiveIntegerField(verbose_name='cycle')),
                ('asked_from', models.PositiveIntegerField(verbose_name='asked from')),
                ('asked_to', models.PositiveIntegerField(verbose_name='asked to')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('running', 'running'), ('paused', 'paused'), ('answered', 'answered'), ('handed_off', 'handed over'), ('dropped', 'dropped')], default='waiting', max_length=10, verbose_name='state')),
                ('reason', models.CharField(blank=True, choices=[('requested', 'The visitor asked for a person'), ('low_confidence', 'No article answers it'), ('rule', 'A rule of the company'), ('failed', 'The assistant could not answer'), ('agent_writing', 'An agent is writing'), ('agent_replied', 'An agent replied'), ('over', 'The conversation was over')], max_length=20, verbose_name='reason')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='due')),
                ('paused_since', models.DateTimeField(blank=True, null=True, verbose_name='paused since')),
                ('claim', models.UUIDField(blank=True, editable=False, null=True)),
                ('claimed_at', models.DateTimeField(blank=True, null=True, verbose_name='claimed')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('conversation', messenger.models.tenancy.TenantKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='turns', to='messenger.conversation', verbose_name='conversation')),
                ('message', messenger.models.tenancy.TenantOneToOne(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='turn', to='messenger.message', verbose_name='message')),
                ('tenant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='messenger.tenant', verbose_name='tenant')),
            ],
            options={
                'verbose_name': 'turn of the assistant',
                'verbose_name_plural': 'turns of the assistant',
                'indexes': [
                    models.Index(condition=models.Q(('state__in', ('waiting', 'paused'))), fields=['due_at', 'id'], name='turn_due'),
                    models.Index(condition=models.Q(('state', 'running')), fields=['claimed_at', 'id'], name='turn_claimed'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('tenant', 'id'), name='turn_tenant_id'),
                    models.UniqueConstraint(fields=('tenant', 'conversation', 'asked_from'), name='turn_once'),
                    models.UniqueConstraint(condition=models.Q(('state__in', ('waiting', 'running', 'paused'))), fields=('tenant', 'conversation'), name='turn_one_open'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running', 'paused', 'answered', 'handed_off', 'dropped'])), name='turn_state'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), ('reason__in', ['requested', 'low_confidence', 'rule', 'failed', 'agent_writing', 'agent_replied', 'over']), _connector='OR'), name='turn_reason'),
                    models.CheckConstraint(condition=models.Q(('asked_from__gte', 1), ('asked_to__gte', models.F('asked_from'))), name='turn_asked'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ('waiting', 'running', 'paused'))), models.Q(models.Q(('state__in', ('waiting', 'running', 'paused')), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='turn_ended'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('waiting', 'paused')), _negated=True), ('due_at__isnull', False), _connector='OR'), name='turn_is_due'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), models.Q(('claim__isnull', False), ('claimed_at__isnull', False)), _connector='OR'), name='turn_is_claimed'),
                    messenger.models.tenancy.TenantReference(field='conversation', name='turn_conversation_tenant'),
                    messenger.models.tenancy.TenantReference(field='message', name='turn_message_tenant'),
                ],
            },
        ),
        migrations.AddField(
            model_name='cycle',
            name='handed_off_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='handed over'),
        ),
        migrations.AddField(
            model_name='message',
            name='answer',
            field=models.JSONField(blank=True, null=True, verbose_name='answer'),
        ),
        migrations.AddField(
            model_name='message',
            name='sources',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list, verbose_name='sources'),
        ),
        migrations.AddField(
            model_name='tenant',
            name='handoff_phrases',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list, help_text='Where a message has one of them, the assistant hands over without an answer.', verbose_name='words that always go to a person'),
        ),
    ]
