using IdentityAuth.Http;
using IdentityAuth.Sso;

namespace IdentityAuth.Features.Instance;

/// <summary>Where a client starts (contract §8.10): what this platform is and where its parts are. Anybody may read it, from any page.</summary>
public static class GetInstance
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/.well-known/fluxer", HandleAsync)
        .WithName(nameof(GetInstance))
        .WithSummary("Describe the instance")
        .WithDescription("What a client reads first. It builds every address as `<api_client>/v1<path>`.")
        .WithTags("Instance")
        .Limited(Buckets.Instance)
        .Answers<InstanceResponse>(StatusCodes.Status200OK, "The instance.")
        .RequireCors(ApiConventions.AnybodyPolicy);

    internal static async Task<IResult> HandleAsync(IdentityAuthOptions options, PlatformUrls urls, ISsoGate sso, CancellationToken cancellationToken)
    {
        var instance = options.Instance;
        return TypedResults.Ok(new InstanceResponse(
            ApiCodeVersion: 1,
            new InstanceEndpoints(
                urls.Base, urls.Base, urls.Base,
                Or(instance.Gateway), Or(instance.Media), Or(instance.StaticCdn), Or(instance.Marketing), Or(instance.Admin), Or(instance.Invite), Or(instance.Gift),
                urls.App),
            new InstanceCaptcha(
                options.Captcha.Provider is "hcaptcha" or "turnstile" ? options.Captcha.Provider : "none",
                Empty(options.Captcha.HcaptchaSiteKey),
                Empty(options.Captcha.TurnstileSiteKey)),
            new InstanceFeatures(SmsMfaEnabled: !string.IsNullOrEmpty(options.Sms.Url), VoiceEnabled: false, StripeEnabled: false, SelfHosted: true, ManualReviewEnabled: false),
            new InstanceGif("none"),
            await sso.GetStatusAsync(cancellationToken),
            new InstanceLimits(2, [], [], ""),
            new InstancePush(null),
            new InstanceAppPublic("")));

        string Or(string? url) => string.IsNullOrEmpty(url) ? urls.Base : url.TrimEnd('/');

        static string? Empty(string? text) => string.IsNullOrEmpty(text) ? null : text;
    }
}

/// <summary>The instance.</summary>
/// <param name="ApiCodeVersion">Version of the API.</param>
/// <param name="Endpoints">Where its parts are.</param>
/// <param name="Captcha">Which challenge a client has to show.</param>
/// <param name="Features">What it can do.</param>
/// <param name="Gif">Where animated pictures come from.</param>
/// <param name="Sso">Single sign-on.</param>
/// <param name="Limits">No limits are told.</param>
/// <param name="Push">Web push.</param>
/// <param name="AppPublic">Settings of the web application.</param>
public sealed record InstanceResponse(
    int ApiCodeVersion, InstanceEndpoints Endpoints, InstanceCaptcha Captcha, InstanceFeatures Features, InstanceGif Gif, SsoStatusResponse Sso, InstanceLimits Limits,
    InstancePush Push, InstanceAppPublic AppPublic);

/// <summary>Base addresses without <c>/v1</c>. What this platform does not have points to the platform itself.</summary>
/// <param name="Api">The API.</param>
/// <param name="ApiClient">The API, for clients.</param>
/// <param name="ApiPublic">The API, for everybody.</param>
/// <param name="Gateway">Realtime events.</param>
/// <param name="Media">Media.</param>
/// <param name="StaticCdn">Static files.</param>
/// <param name="Marketing">Marketing pages.</param>
/// <param name="Admin">Administration.</param>
/// <param name="Invite">Invitations.</param>
/// <param name="Gift">Gifts.</param>
/// <param name="Webapp">The web application.</param>
public sealed record InstanceEndpoints(
    string Api, string ApiClient, string ApiPublic, string Gateway, string Media, string StaticCdn, string Marketing, string Admin, string Invite, string Gift, string Webapp);

/// <summary>The challenge.</summary>
/// <param name="Provider"><c>hcaptcha</c>, <c>turnstile</c> or <c>none</c>.</param>
/// <param name="HcaptchaSiteKey">For hCaptcha.</param>
/// <param name="TurnstileSiteKey">For Turnstile.</param>
public sealed record InstanceCaptcha(string Provider, string? HcaptchaSiteKey, string? TurnstileSiteKey);

/// <summary>What the instance can do.</summary>
/// <param name="SmsMfaEnabled">Whether SMS can be a second factor.</param>
/// <param name="VoiceEnabled">Voice.</param>
/// <param name="StripeEnabled">Payments.</param>
/// <param name="SelfHosted">Always.</param>
/// <param name="ManualReviewEnabled">Review of new accounts.</param>
public sealed record InstanceFeatures(bool SmsMfaEnabled, bool VoiceEnabled, bool StripeEnabled, bool SelfHosted, bool ManualReviewEnabled);

/// <summary>Animated pictures.</summary>
/// <param name="Provider">None.</param>
public sealed record InstanceGif(string Provider);

/// <summary>Limits by trait.</summary>
/// <param name="Version">Version of the form.</param>
/// <param name="TraitDefinitions">None.</param>
/// <param name="Rules">None.</param>
/// <param name="DefaultsHash">Empty.</param>
public sealed record InstanceLimits(
    int Version,
    [property: System.Text.Json.Serialization.JsonPropertyName("traitDefinitions")] IReadOnlyList<string> TraitDefinitions,
    IReadOnlyList<string> Rules,
    [property: System.Text.Json.Serialization.JsonPropertyName("defaultsHash")] string DefaultsHash);

/// <summary>Web push.</summary>
/// <param name="PublicVapidKey">None.</param>
public sealed record InstancePush(string? PublicVapidKey);

/// <summary>Settings of the web application.</summary>
/// <param name="SentryDsn">None.</param>
public sealed record InstanceAppPublic(string SentryDsn);
