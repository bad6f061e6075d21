using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

public sealed class MailedLinkTests(PagesFixture fixture)
{
    private static readonly string Unknown = new('x', 64);

    [Theory]
    [InlineData("/verify", "Confirm the address", "Sign in, and ask for a new mail there.")]
    [InlineData("/authorize-ip", "Yes, it is me", "To get a new link, sign in again")]
    public async Task Link_UnknownToken_SaysSoAndOffersTheWayOn(string page, string button, string wayOn)
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.GoAsync($"{page}#token={Unknown}");

        await visitor.Button(button).ClickAsync();

        await Expect(visitor.Main).ToContainTextAsync("This link has been used already, has expired, or is not whole.");
        await Expect(visitor.Main).ToContainTextAsync(wayOn);
    }

    [Theory]
    [InlineData("/reset", "Set the password", "Ask for a new link")]
    [InlineData("/wasntme", "Take my account back", "The link works for 48 hours.")]
    public async Task PasswordLink_CutToken_SaysSoAndOffersTheWayOn(string page, string button, string wayOn)
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.GoAsync($"{page}#token=abc");

        await visitor.Field("New password").FillAsync(Person.SomePassword);
        await visitor.Button(button).ClickAsync();

        await Expect(visitor.Main).ToContainTextAsync("is not whole");
        await Expect(visitor.Main).ToContainTextAsync(wayOn);
    }

    [Theory]
    [InlineData("/verify")]
    [InlineData("/reset")]
    [InlineData("/authorize-ip")]
    [InlineData("/wasntme")]
    public async Task Link_Opened_TokenIsNeitherShownNorSentUntilAClick(string page)
    {
        await using var visitor = await fixture.OpenAsync();
        var sent = new List<string>();
        visitor.Page.Request += (_, request) => sent.Add($"{request.Method} {request.Url} {request.PostData}");

        await visitor.GoAsync($"{page}#token={Unknown}");
        await Expect(visitor.Main.GetByRole(AriaRole.Button).First).ToBeVisibleAsync();

        Assert.DoesNotContain(sent, request => request.Contains(Unknown, StringComparison.Ordinal) || request.StartsWith("POST", StringComparison.Ordinal));
        Assert.EndsWith(page, visitor.Page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain(Unknown, await visitor.Page.ContentAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_WithoutToken_SaysSo()
    {
        await using var visitor = await fixture.OpenAsync();

        await visitor.GoAsync("/reset");

        await Expect(visitor.Main).ToContainTextAsync("There is no link to work with.");
        await visitor.Link("Ask for a new link").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Forgot your password?");
    }

    [Fact]
    public async Task Forgot_ThenReset_SignsInWithTheNewPasswordAndOnlyOnce()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.GoAsync("/");
        await visitor.Link("Forgot your password?").ClickAsync();
        // The page that is left has a field of the same name.
        await Expect(visitor.Title).ToHaveTextAsync("Forgot your password?");
        await visitor.Field("E-mail address").FillAsync(person.Email);
        await visitor.Button("Send the link").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync($"If there is an account for {person.Email}");

        var link = await fixture.Inbox.ReadLinkAsync(person.Email, Inbox.NewPassword);
        await visitor.GoAsync(link);
        await visitor.Field("New password").FillAsync("a new and longer password");
        await visitor.Button("Set the password").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
        await Expect(visitor.Notice).ToContainTextAsync("Your new password is set.");

        await visitor.SignOutAsync();
        await visitor.TypePasswordAsync(person);
        await Expect(visitor.Page.GetByText("The address or the password is wrong.").First).ToBeVisibleAsync();
        await visitor.SignInAsync(person with { Password = "a new and longer password" });

        await visitor.GoAsync(link);
        await visitor.Field("New password").FillAsync(Person.SomePassword);
        await visitor.Button("Set the password").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("This link has been used already");
    }

    [Fact]
    public async Task NewNetwork_WaitsForTheApprovalAndGoesOnByItself()
    {
        await using var home = await fixture.OpenAsync();
        var person = await home.NewPersonAsync();
        await using var away = await fixture.OpenAsync();
        await away.GoAsync("/security");
        await away.TypePasswordAsync(person);
        await Expect(away.Main).ToContainTextAsync("Is it you?");
        await Expect(away.Main).ToContainTextAsync("You can ask for another one in");

        var link = await fixture.Inbox.ReadLinkAsync(person.Email, Inbox.NewPlace);
        await home.GoAsync(link);
        await home.Button("Yes, it is me").ClickAsync();
        await Expect(home.Main).ToContainTextAsync("Approved.");

        await Expect(away.Title).ToHaveTextAsync("Security");
        // The approval signs in who waits, not who approves.
        Assert.Null(await home.StoredSessionAsync());
    }

    [Fact]
    public async Task NewNetwork_Impatient_GetsOneMoreMailAfterAWhile()
    {
        await using var home = await fixture.OpenAsync();
        var person = await home.NewPersonAsync();
        await using var away = await fixture.OpenAsync();
        await away.Page.Clock.InstallAsync();
        await away.GoAsync("/");
        await away.TypePasswordAsync(person);
        await Expect(away.Main).ToContainTextAsync("You can ask for another one in 30 seconds.");

        // The page's clock runs ahead of the server's, which then says itself how long it takes.
        await away.Page.Clock.RunForAsync(31_000);
        await away.Button("Send the mail again").ClickAsync();

        await Expect(away.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("You can ask for another one in");
    }
}
