using Pages.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Looks;

/// <summary>Every page once in every look. See <c>accessibility.js</c> for what that finds and what it cannot.</summary>
public sealed class LooksTests(PagesFixture fixture)
{
    private static readonly string Token = new('x', 64);

    [Theory]
    [InlineData("/", "sign-in", "Sign in")]
    [InlineData("/forgot", "forgot", "Forgot your password?")]
    [InlineData("/verify", "link-missing", "Confirm your e-mail address")]
    [InlineData("/verify#token=", "verify", "Confirm your e-mail address")]
    [InlineData("/reset#token=", "reset", "Choose a new password")]
    [InlineData("/authorize-ip#token=", "authorize-ip", "Approve a sign-in")]
    [InlineData("/wasntme#token=", "wasnt-me", "It wasn't me")]
    [InlineData("/auth/sso/callback?error=access_denied", "sso-refused", "Signing in")]
    public async Task Page_SignedOut_IsAccessible(string path, string name, string title)
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.GoAsync(path.EndsWith("token=", StringComparison.Ordinal) ? path + Token : path);
        await Expect(visitor.Title).ToHaveTextAsync(title);

        await LookCheck.OfAsync(visitor, name);
    }

    [Fact]
    public async Task SignUp_WithErrors_IsAccessible()
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.GoAsync("/sign-up");
        await visitor.Field("E-mail address").FillAsync("no address");
        await visitor.Page.GetByLabel("Password").FillAsync("summer2024");
        await visitor.Button("Create the account").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("This is not an e-mail address.");

        await LookCheck.OfAsync(visitor, "sign-up");
    }

    [Fact]
    public async Task HandOffCode_IsAccessible()
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.GoAsync("/hand-off-code");
        await Expect(visitor.Page.GetByLabel("Your code")).ToBeVisibleAsync();

        await LookCheck.OfAsync(visitor, "hand-off-code");
    }

    [Fact]
    public async Task NewNetwork_Waiting_IsAccessible()
    {
        await using var home = await fixture.OpenAsync();
        var person = await home.NewPersonAsync();
        await using var away = await fixture.OpenAsync();
        await away.GoAsync("/");
        await away.TypePasswordAsync(person);
        await Expect(away.Main).ToContainTextAsync("Is it you?");

        await LookCheck.OfAsync(away, "new-network");
    }

    [Fact]
    public async Task Pages_SignedIn_AreAccessible()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await LookCheck.OfAsync(visitor, "account");

        await visitor.OpenSectionAsync("Sessions");
        await Expect(visitor.Main.Locator(".card")).ToHaveCountAsync(2);
        await LookCheck.OfAsync(visitor, "sessions");
        await visitor.Button("End the other session").ClickAsync();
        await Expect(visitor.Dialog).ToBeVisibleAsync();
        await LookCheck.OfAsync(visitor, "sudo");
        await visitor.Page.Keyboard.PressAsync("Escape");

        await visitor.OpenSectionAsync("Approve a code");
        await Expect(visitor.Title).ToHaveTextAsync("Approve a code");
        await LookCheck.OfAsync(visitor, "hand-off");

        await visitor.OpenSectionAsync("Devices");
        await Expect(visitor.Title).ToHaveTextAsync("Devices");
        await LookCheck.OfAsync(visitor, "devices");

        await visitor.OpenSectionAsync("Signed facts");
        await visitor.Button("Make a key in this browser").ClickAsync();
        await visitor.Button("I have kept it").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("Nothing yet.");
        await LookCheck.OfAsync(visitor, "scopes");
    }

    [Fact]
    public async Task Security_WithAnAuthenticatorApp_IsAccessibleOnTheWayThere()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");
        await visitor.Button("Set up an authenticator app").ClickAsync();
        await LookCheck.OfAsync(visitor, "security-setup");

        var secret = (await visitor.Page.Locator("p.secret").TextContentAsync())!.Replace(" ", "", StringComparison.Ordinal);
        await visitor.Main.GetByLabel("Code", new() { Exact = true }).FillAsync(new AuthenticatorApp(secret).Code());
        await visitor.Button("Switch it on").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Dialog).ToContainTextAsync("Your backup codes");
        await LookCheck.OfAsync(visitor, "backup-codes");
        await visitor.Button("I have kept them").ClickAsync();
        await Expect(visitor.Notice).ToContainTextAsync("second factor now");
        await LookCheck.OfAsync(visitor, "security");

        await visitor.SignOutAsync();
        await visitor.TypePasswordAsync(person);
        await Expect(visitor.Main).ToContainTextAsync("Now show your second factor.");
        await LookCheck.OfAsync(visitor, "second-factor");
    }
}
