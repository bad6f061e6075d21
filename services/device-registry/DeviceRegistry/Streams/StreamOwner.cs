using DeviceRegistry.Contracts.V1;

namespace DeviceRegistry.Streams;

/// <summary>Who has opened a stream, and as what.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="Identity">The caller.</param>
/// <param name="DeviceId">His device, when the stream was opened for one.</param>
/// <param name="SessionId">The session behind his token, when there is one.</param>
/// <param name="ExpiresAt">End of his token.</param>
/// <param name="NeedsMembership">Whether the stream ends with his membership; not so for global administrators.</param>
internal sealed record StreamOwner(
    long GroupId, string Identity, Guid? DeviceId, string? SessionId, DateTimeOffset ExpiresAt, bool NeedsMembership)
{
    /// <summary>Whether a closure ends his stream.</summary>
    public bool IsMeantBy(GroupStreamClosure closure)
        => (closure.DeviceId is { } device && device == DeviceId)
            || (NeedsMembership && closure.Identity is { } identity && identity == Identity);
}
