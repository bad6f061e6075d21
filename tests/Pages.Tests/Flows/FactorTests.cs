using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

public sealed class FactorTests(PagesFixture fixture)
{
    [Fact]
    public async Task AuthenticatorApp_FromScanToSwitchingOff_IncludingBackupCodes()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");
        var (app, backup) = await SetUpAppAsync(visitor, person);
        Assert.Equal(10, backup.Count);

        // Signing in: the password, and the next code; not that of the setup again.
        await visitor.SignOutAsync();
        await visitor.TypePasswordAsync(person);
        await Expect(visitor.Main).ToContainTextAsync("Now show your second factor.");
        await visitor.Field("Code").FillAsync("000000");
        await visitor.Button("Sign in").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("This code is not right (any more).");
        await visitor.Field("Code").FillAsync(app.Code(later: 1));
        await visitor.Button("Sign in").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");

        // A backup code proves who it is; the proof lasts, so the next sensitive step asks for nothing.
        await visitor.OpenSectionAsync("Security");
        await visitor.Button("Show the backup codes").ClickAsync();
        await visitor.ProveByCodeAsync(backup[0]);
        await Expect(visitor.Dialog.Locator("s")).ToHaveTextAsync(backup[0]);
        await visitor.Button("I have kept them").ClickAsync();
        await visitor.Button("Make new backup codes").ClickAsync();
        await Expect(visitor.Dialog).ToContainTextAsync("Your backup codes");
        var renewed = await BackupCodesAsync(visitor);
        Assert.Empty(backup.Intersect(renewed));

        await visitor.Main.GetByText("Switch the authenticator app off").First.ClickAsync();
        await visitor.Main.Locator("details").GetByLabel("Code").FillAsync(renewed[0]);
        await visitor.Main.Locator("details").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(visitor.Notice).ToContainTextAsync("The authenticator app is switched off.");
        await Expect(visitor.Button("Set up an authenticator app")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task TextMessages_AsSecondFactor_FromTheNumberToSigningIn()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        var digits = RandomNumberGenerator.GetInt32(10_000_000, 100_000_000).ToString(CultureInfo.InvariantCulture);
        var phone = $"+49151{digits}";
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");

        await visitor.Field("Phone number").FillAsync("0151 123");
        await visitor.Button("Send a code").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("A number with its country");
        await visitor.Field("Phone number").FillAsync($"+49 151 / {digits}");
        await visitor.Button("Send a code").ClickAsync();
        await visitor.Field("Code from the text message").FillAsync(await fixture.Inbox.ReadSmsCodeAsync(phone));
        await visitor.Button("Confirm the number").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Main).ToContainTextAsync($"Your number is {phone}.");
        await Expect(visitor.Main).ToContainTextAsync("once an authenticator app is set up");

        var (_, backup) = await SetUpAppAsync(visitor, person);
        await visitor.Button("Use text messages as a second factor").ClickAsync();
        await visitor.ProveByCodeAsync(backup[0]);
        await Expect(visitor.Notice).ToContainTextAsync("Text messages are a second factor now.");

        await visitor.SignOutAsync();
        await visitor.TypePasswordAsync(person);
        await visitor.Button("Text message").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync($"****{phone[^4..]}");
        await visitor.Button("Send me a code").ClickAsync();
        await Expect(visitor.Field("Code from the text message")).ToBeFocusedAsync();
        var code = await NewerSmsAsync(phone);
        await visitor.Field("Code from the text message").FillAsync(code);
        await visitor.Button("Sign in").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");

        await visitor.OpenSectionAsync("Security");
        await visitor.Button("Switch text messages off").ClickAsync();
        await visitor.ProveByCodeAsync(backup[1]);
        await Expect(visitor.Notice).ToContainTextAsync("Text messages are no second factor any more.");
        await visitor.Button("Remove the number").ClickAsync();
        await visitor.Dialog.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(visitor.Notice).ToContainTextAsync("The phone number is removed.");
    }

    [Fact]
    public async Task Passkey_AddedRenamedUsedToSignInAndRemoved()
    {
        await using var visitor = await fixture.OpenAsync();
        await AddAuthenticatorAsync(visitor);
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");

        await visitor.Field("Name of the passkey").FillAsync("Laptop");
        await visitor.Button("Add a passkey").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Notice).ToContainTextAsync("The passkey “Laptop” is ready.");
        await Expect(visitor.Main).ToContainTextAsync("not used yet");

        // From here on a second factor is wanted; the passkey is one.
        await visitor.Button("Rename: Laptop").ClickAsync();
        await visitor.Dialog.GetByLabel("Name of the passkey").FillAsync("Desk");
        await visitor.Dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await visitor.Dialog.GetByRole(AriaRole.Button, new() { Name = "Use your passkey" }).ClickAsync();
        await Expect(visitor.Main.GetByRole(AriaRole.Heading, new() { Name = "Desk" })).ToBeVisibleAsync();

        await visitor.Button("Remove: Desk").ClickAsync();
        await visitor.Dialog.GetByRole(AriaRole.Button, new() { Name = "Remove" }).ClickAsync();
        await Expect(visitor.Notice).ToContainTextAsync("The passkey “Desk” is removed.");
    }

    [Fact]
    public async Task Passkey_OfferedWhereTheAddressIsTyped_SignsInWithoutAPassword()
    {
        await using var visitor = await fixture.OpenAsync();
        await AddAuthenticatorAsync(visitor);
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");
        await visitor.Field("Name of the passkey").FillAsync("Laptop");
        await visitor.Button("Add a passkey").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Notice).ToContainTextAsync("is ready");

        // The virtual authenticator answers the browser's offer at once, as a person who picks it from the list would.
        await visitor.Page.Locator("#account").GetByRole(AriaRole.Button).ClickAsync();

        await Expect(visitor.Title).ToHaveTextAsync("Your account");
        await visitor.OpenSectionAsync("Security");
        await Expect(visitor.Main).Not.ToContainTextAsync("not used yet");
    }

    [Fact]
    public async Task Passkey_AsSecondFactor_AfterThePassword()
    {
        await using var visitor = await fixture.OpenAsync();
        // A browser without the list of passkeys under the field, as there still are.
        await visitor.Context.AddInitScriptAsync("PublicKeyCredential.isConditionalMediationAvailable = async () => false;");
        await AddAuthenticatorAsync(visitor);
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");
        await visitor.Field("Name of the passkey").FillAsync("Laptop");
        await visitor.Button("Add a passkey").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Notice).ToContainTextAsync("is ready");
        await visitor.SignOutAsync();

        await visitor.TypePasswordAsync(person);
        await visitor.Button("Use your passkey").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
        await visitor.SignOutAsync();
        await visitor.Button("Sign in with a passkey").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
    }

    [Fact]
    public async Task Passkey_CancelledAtTheAuthenticator_SaysSo()
    {
        await using var visitor = await fixture.OpenAsync();
        await AddAuthenticatorAsync(visitor, verifies: false);
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");

        await visitor.Field("Name of the passkey").FillAsync("Laptop");
        await visitor.Button("Add a passkey").ClickAsync();
        await visitor.ProveByPasswordAsync(person);

        await Expect(visitor.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "No passkey was used" })).ToBeVisibleAsync();
        await Expect(visitor.Field("Name of the passkey")).ToHaveValueAsync("Laptop");
    }

    private static async Task<(AuthenticatorApp App, IReadOnlyList<string> Backup)> SetUpAppAsync(Visitor visitor, Person person)
    {
        await visitor.Button("Set up an authenticator app").ClickAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Img, new() { Name = "QR code" })).ToBeVisibleAsync();
        var secret = (await visitor.Page.Locator("p.secret").TextContentAsync())!.Replace(" ", "", StringComparison.Ordinal);
        var app = new AuthenticatorApp(secret);
        await visitor.Main.GetByLabel("Code", new() { Exact = true }).FillAsync(app.Code());
        await visitor.Button("Switch it on").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Dialog).ToContainTextAsync("Your backup codes");
        var backup = await BackupCodesAsync(visitor);
        await Expect(visitor.Notice).ToContainTextAsync("The authenticator app is your second factor now.");
        return (app, backup);
    }

    private static async Task<IReadOnlyList<string>> BackupCodesAsync(Visitor visitor)
    {
        var codes = await visitor.Dialog.Locator(".codes li").AllTextContentsAsync();
        await visitor.Button("I have kept them").ClickAsync();
        await Expect(visitor.Dialog).ToHaveCountAsync(0);
        return codes;
    }

    /// <summary>The second text to the same number: the first one was used.</summary>
    private async Task<string> NewerSmsAsync(string phone)
    {
        for (var look = 0; look < 100; look++)
        {
            var codes = await fixture.Inbox.ReadSmsCodesAsync(phone);
            if (codes.Count > 1)
            {
                return codes[0];
            }

            await Task.Delay(100);
        }

        throw new TimeoutException("No second text message came.");
    }

    private static async Task AddAuthenticatorAsync(Visitor visitor, bool verifies = true)
    {
        var browser = await visitor.Context.NewCDPSessionAsync(visitor.Page);
        await browser.SendAsync("WebAuthn.enable");
        await browser.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new
            {
                protocol = "ctap2",
                transport = "internal",
                hasResidentKey = true,
                hasUserVerification = true,
                isUserVerified = verifies,
                automaticPresenceSimulation = true,
            },
        });
    }
}
