using ScopeSigning.Domain;

namespace ScopeSigning.Delivery;

/// <summary>What a message says and to whom. Kept sealed.</summary>
internal sealed record DeliveryContent
{
    public const string ScopeConfirm = "scope-confirm";
    public const string KeyRevoke = "key-revoke";
    public const string Login = "login";

    /// <summary>Why it is sent.</summary>
    public required string Kind { get; init; }

    /// <summary>How it travels: see <see cref="Domain.Channel"/>.</summary>
    public required string Channel { get; init; }

    public string? Email { get; init; }

    public string? Phone { get; init; }

    public PostalAddress? Address { get; init; }

    public string? DeviceToken { get; init; }

    public string? Code { get; init; }

    /// <summary>The link of a mail, with its secret in the fragment.</summary>
    public string? Link { get; init; }

    public string? Callback { get; init; }

    /// <summary>The website that asks to sign in.</summary>
    public string? Issuer { get; init; }

    /// <summary>When a sign-in was asked, in seconds of Unix time.</summary>
    public long? IssuedAt { get; init; }

    public override string ToString() => $"({Kind} by {Channel})";
}
