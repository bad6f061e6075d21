using DeviceRegistry.Contracts.V1;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Streams;

/// <summary>Who has opened a stream, and as what.</summary>
/// <param name="Access">What he was to the group then.</param>
/// <param name="DeviceId">His device, when the stream was opened for one.</param>
internal sealed record StreamOwner(GroupAccess Access, Guid? DeviceId)
{
    /// <summary>The group.</summary>
    public long GroupId => Access.Group.Id;

    /// <summary>The name that the group had, by which tokens speak of it.</summary>
    public string GroupName => Access.Group.Name;

    /// <summary>The caller.</summary>
    public string Identity => Access.Caller.Identity;

    /// <summary>The session behind his token, when there is one.</summary>
    public string? SessionId => Access.Caller.SessionId;

    /// <summary>End of his token.</summary>
    public DateTimeOffset ExpiresAt => Access.Caller.ExpiresAt;

    /// <summary>Whether the stream ends with his membership; not so for global administrators.</summary>
    public bool NeedsMembership => !Access.Caller.IsGlobalAdministrator;

    /// <summary>Whether his token makes him a member of a group of that name.</summary>
    public bool Claims(string groupName) => Access.Caller.Groups.Contains(groupName);

    /// <summary>Whether a closure ends his stream.</summary>
    /// <param name="changeNumber">
    /// The change that it is part of. One that the group had behind it when the stream was opened is none of its business: who was removed and
    /// added again has opened it since.
    /// </param>
    public bool IsMeantBy(GroupStreamClosure closure, long changeNumber)
        => changeNumber > Access.Group.ChangeNumber
            && ((closure.DeviceId is { } device && device == DeviceId)
                || (NeedsMembership && closure.Identity is { } identity && identity == Identity));
}
