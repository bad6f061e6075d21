using System.Text.Json;
using Microsoft.Playwright;
using TestBrowser;
using TestSupport;
using static Platform.Tests.Identity.Account;

namespace Platform.Tests.Identity;

/// <summary>
/// A real Chromium with its virtual authenticator (WebDriver's, by DevTools) against the real service: registration and both kinds of
/// sign-in. The page is the test's own, on the platform's origin.
/// </summary>
public sealed class PasskeyBrowserTests : IAsyncLifetime
{
    /// <summary>What a client's page does, with the browser's own reading and writing of the JSON (WebAuthn Level 3 §5.1.8–5.1.10).</summary>
    private const string Script =
        """
        async function call(path, body, token) {
          const answer = await fetch(path, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: token } : {}) },
            body: JSON.stringify(body ?? {}),
          });
          const text = await answer.text();
          if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
          return text ? JSON.parse(text) : null;
        }
        async function register(token, password) {
          const options = await call('/v1/users/@me/mfa/webauthn/credentials/registration-options', { password }, token);
          const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
          await call('/v1/users/@me/mfa/webauthn/credentials',
            { response: credential.toJSON(), challenge: options.challenge, name: 'browser', password }, token);
          return credential.id;
        }
        async function secondFactor(email, password) {
          const step = await call('/v1/auth/login', { email, password });
          const options = await call('/v1/auth/login/mfa/webauthn/authentication-options', { ticket: step.ticket });
          const assertion = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
          return call('/v1/auth/login/mfa/webauthn', { response: assertion.toJSON(), challenge: options.challenge, ticket: step.ticket });
        }
        async function passkey() {
          const options = await call('/v1/auth/webauthn/authentication-options');
          const assertion = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
          return call('/v1/auth/webauthn/authenticate', { response: assertion.toJSON(), challenge: options.challenge });
        }
        """;

    private HeadlessChromium _chromium = null!;
    private Uri _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = (await BackingServers.GetAsync()).Stack.Gateway;
        _chromium = await HeadlessChromium.LaunchAsync();
    }

    public ValueTask DisposeAsync() => _chromium.DisposeAsync();

    [Fact]
    public async Task Chromium_PasskeyRegistered_SignsInAsSecondFactorAndAlone()
    {
        using var account = await RegisterAsync(_gateway);
        await using var context = await _chromium.Browser.NewContextAsync();
        var page = await OpenAsync(context);
        await AddAuthenticatorAsync(context, page, verifiesUser: true);

        var id = await page.EvaluateAsync<string>("([token, password]) => register(token, password)", new[] { account.Token, account.Password });
        // The browser calls from 127.0.0.1, where this account was never used: the second factor stands in for the mail.
        var second = await page.EvaluateAsync<JsonElement>("([email, password]) => secondFactor(email, password)", new[] { account.Email, account.Password });
        var alone = await page.EvaluateAsync<JsonElement>("() => passkey()");

        Assert.True(await account.OwnsAsync(Text(second, "token")));
        Assert.True(await account.OwnsAsync(Text(alone, "token")));
        var keys = await account.OkAsync(HttpMethod.Get, "v1/users/@me/mfa/webauthn/credentials");
        Assert.Equal((id, "browser"), (Text(keys[0], "id"), Text(keys[0], "name")));
    }

    [Fact]
    public async Task Chromium_SecondKeyOfTheSameAuthenticator_IsExcluded()
    {
        using var account = await RegisterAsync(_gateway);
        await account.EnableTotpAsync();
        var sudo = await account.SudoAsync(backupCode: 0);
        await using var context = await _chromium.Browser.NewContextAsync();
        var page = await OpenAsync(context);
        await AddAuthenticatorAsync(context, page, verifiesUser: true);
        const string WithSudo =
            """
            async ([token, sudo]) => {
              const headers = { 'Content-Type': 'application/json', Authorization: token, 'X-Fluxer-Sudo-Mode-JWT': sudo };
              const asked = await fetch('/v1/users/@me/mfa/webauthn/credentials/registration-options', { method: 'POST', headers, body: '{}' });
              const options = await asked.json();
              try {
                const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
                const body = JSON.stringify({ response: credential.toJSON(), challenge: options.challenge, name: 'browser' });
                return String((await fetch('/v1/users/@me/mfa/webauthn/credentials', { method: 'POST', headers, body })).status);
              } catch (error) {
                return error.name;
              }
            }
            """;

        var first = await page.EvaluateAsync<string>(WithSudo, new[] { account.Token, sudo });
        var second = await page.EvaluateAsync<string>(WithSudo, new[] { account.Token, sudo });

        Assert.Equal(("204", "InvalidStateError"), (first, second));
    }

    /// <summary>A page on the platform's own origin, which the gateway does not have to have.</summary>
    private async Task<IPage> OpenAsync(IBrowserContext context)
    {
        var page = await context.NewPageAsync();
        var address = new Uri(_gateway, "/passkey-test").AbsoluteUri;
        await page.RouteAsync(address, route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "text/html",
            Body = $"<!doctype html><title>Passkeys</title><script>{Script}</script>",
        }));
        await page.GotoAsync(address);
        return page;
    }

    private static async Task AddAuthenticatorAsync(IBrowserContext context, IPage page, bool verifiesUser)
    {
        var devTools = await context.NewCDPSessionAsync(page);
        await devTools.SendAsync("WebAuthn.enable");
        await devTools.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = verifiesUser,
                ["automaticPresenceSimulation"] = true,
            },
        });
    }
}
