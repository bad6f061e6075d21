namespace ScopeSigning.Domain;

/// <summary>The kinds of personal facts, as the claim <c>scope</c> names them.</summary>
internal static class ScopeKind
{
    public const string Email = "email";
    public const string Phone = "phone";
    public const string Address = "address";

    public static bool IsKnown(string? scope) => scope is Email or Phone or Address;
}

/// <summary>The ways on which a code travels; also the channel told to the providers.</summary>
internal static class Channel
{
    public const string Email = "email";
    public const string Sms = "sms";
    public const string Tts = "tts";
    public const string Letter = "letter";
    public const string Push = "push";
}

/// <summary>Who signs a confirmed scope.</summary>
internal static class ScopeSigner
{
    /// <summary>This service's issuer, on its own, a moment after the confirmation.</summary>
    public const string BuiltIn = "built-in";

    /// <summary>An authority of the settings, which brings its token.</summary>
    public const string Authority = "authority";
}
