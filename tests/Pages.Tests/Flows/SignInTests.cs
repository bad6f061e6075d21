using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

public sealed class SignInTests(PagesFixture fixture)
{
    [Fact]
    public async Task SignIn_WrongPassword_SaysSoAndKeepsTheAddress()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.GoAsync("/");

        await visitor.TypePasswordAsync(person with { Password = "not the right one" });

        await Expect(visitor.Page.GetByText("The address or the password is wrong.").First).ToBeVisibleAsync();
        await Expect(visitor.Field("E-mail address")).ToHaveValueAsync(person.Email);
        Assert.Null(await visitor.StoredSessionAsync());
    }

    [Fact]
    public async Task SignIn_ThenOut_LeavesNothingAndBackShowsNothing()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
        var token = await visitor.Page.EvaluateAsync<string>("JSON.parse(localStorage.getItem('platform.session')).token");

        await visitor.SignOutAsync();

        Assert.Null(await visitor.StoredSessionAsync());
        Assert.Empty(await visitor.Context.CookiesAsync());
        await visitor.Page.GoBackAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Sign in");
        var refused = await visitor.Page.EvaluateAsync<int>("async token => (await fetch('/v1/users/@me', { headers: { Authorization: token } })).status", token);
        Assert.Equal(401, refused);
    }

    [Fact]
    public async Task SignIn_AtAPageThatNeedsIt_GoesOnThere()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.GoAsync("/sessions");
        await Expect(visitor.Title).ToHaveTextAsync("Sign in");

        await visitor.TypePasswordAsync(person);

        await Expect(visitor.Title).ToHaveTextAsync("Sessions");
        await Expect(visitor.Title).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Session_EndedElsewhere_IsToldAndLeadsToSignIn()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.Page.EvaluateAsync("fetch('/v1/auth/logout', { method: 'POST', headers: { Authorization: JSON.parse(localStorage.getItem('platform.session')).token } })");

        await visitor.OpenSectionAsync("Security");

        await Expect(visitor.Title).ToHaveTextAsync("Sign in");
        await Expect(visitor.Notice).ToContainTextAsync("Your session has ended.");
    }

    [Fact]
    public async Task SignOut_InOneTab_IsSeenInTheOther()
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.SignInAsync(await visitor.NewPersonAsync());
        var second = await visitor.Context.NewPageAsync();
        await second.GotoAsync("/security");
        await Expect(second.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Security");

        await visitor.SignOutAsync();

        await Expect(second.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Sign in");
    }

    [Fact]
    public async Task SignIn_TooManyTries_SaysHowLongToWait()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.GoAsync("/");
        for (var attempt = 0; attempt < 5; attempt++)
        {
            await visitor.TypePasswordAsync(person with { Password = $"wrong {attempt} wrong" });
            await Expect(visitor.Page.GetByText("The address or the password is wrong.").First).ToBeVisibleAsync();
        }

        await visitor.TypePasswordAsync(person);

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync(new Regex(@"Too many tries. Wait [0-9]+ [a-z]+, then try again\.", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task SignIn_ServiceAway_SaysSoInWords()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.GoAsync("/");
        await visitor.Page.RouteAsync("**/v1/auth/login", route => route.FulfillAsync(new()
        {
            Status = 503,
            ContentType = "application/json",
            Headers = new Dictionary<string, string> { ["Retry-After"] = "7" },
            Body = """{"code":"SERVICE_UNAVAILABLE","message":"x"}""",
        }));

        await visitor.TypePasswordAsync(person);

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("try again in 7 seconds");
        await Expect(visitor.Page.GetByLabel("Password", new() { Exact = true })).ToHaveValueAsync(person.Password);
    }

    [Fact]
    public async Task UnknownPage_SaysSo()
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.GoAsync("/verify");
        await visitor.Page.EvaluateAsync("history.replaceState(null, '', '/nothing')");
        await visitor.Page.EvaluateAsync("dispatchEvent(new PopStateEvent('popstate'))");

        await Expect(visitor.Title).ToHaveTextAsync("No such page");
    }
}
