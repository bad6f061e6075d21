using MassTransit;
using Pairing.Contracts.V1;

namespace Pairing.Messages;

/// <summary>Every instance hears every change of every pairing, because the stream that waits for it may be anywhere.</summary>
internal sealed class PairingStatusObserver(PairingStatusHub hub) :
    IConsumer<PairingCreated>, IConsumer<PairingInitialized>, IConsumer<PairingDenied>, IConsumer<PairingExpired>, IConsumer<DevicePaired>
{
    public Task Consume(ConsumeContext<PairingCreated> context) => Notify(context.Message.Jti);

    public Task Consume(ConsumeContext<PairingInitialized> context) => Notify(context.Message.Jti);

    public Task Consume(ConsumeContext<PairingDenied> context) => Notify(context.Message.Jti);

    public Task Consume(ConsumeContext<PairingExpired> context) => Notify(context.Message.Jti);

    public Task Consume(ConsumeContext<DevicePaired> context) => Notify(context.Message.Jti);

    private Task Notify(Guid jti)
    {
        hub.Notify(jti);
        return Task.CompletedTask;
    }
}
