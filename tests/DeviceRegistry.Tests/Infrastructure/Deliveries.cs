using System.Diagnostics.Metrics;
using MassTransit;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>Events of other services, over the real broker.</summary>
internal static class Deliveries
{
    /// <summary>Publishes, and returns when the consumer's transaction is committed.</summary>
    public static async Task DeliverAsync<TEvent>(this RegistryApp app, TEvent message, string consumer, Guid? messageId = null)
        where TEvent : class
    {
        var id = messageId ?? Guid.NewGuid();
        await app.Get<IBus>().Publish(message, context => context.MessageId = id);
        await Eventually.IsTrueAsync(
            async () => await app.CountAsync("SELECT count(*) FROM inbox WHERE consumer = @consumer AND message_id = @id", new { consumer, id }) == 1,
            $"{consumer} did not handle the message");
    }

    /// <summary>Publishes a message that was handled once more, and returns when the inbox has recognised it.</summary>
    public static async Task DeliverAgainAsync<TEvent>(this RegistryApp app, TEvent message, string consumer, Guid messageId)
        where TEvent : class
    {
        var recognised = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name == "inbox.duplicates")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (tags.Contains(new KeyValuePair<string, object?>("consumer", consumer)))
            {
                Interlocked.Increment(ref recognised);
            }
        });
        listener.Start();
        await app.Get<IBus>().Publish(message, context => context.MessageId = messageId);
        await Eventually.IsTrueAsync(() => Task.FromResult(Volatile.Read(ref recognised) > 0), $"{consumer} did not recognise the message");
    }
}
