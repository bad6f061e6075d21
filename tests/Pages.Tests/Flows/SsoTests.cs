using Pages.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

/// <summary>
/// The page's part in single sign-on. The shared stack has it switched off, so the three answers of the API are put in here; with a
/// provider and a stack that knows it, Platform.Tests goes the whole way.
/// </summary>
public sealed class SsoTests(PagesFixture fixture)
{
    [Fact]
    public async Task Sso_Enforced_IsTheOnlyWayOffered()
    {
        await using var visitor = await fixture.OpenAsync();
        await AnswerAsync(visitor, "sso/status", """{"enabled":true,"enforced":true,"display_name":"Example Corp","redirect_uri":"x"}""");
        await visitor.GoAsync("/");

        await Expect(visitor.Button("Sign in with Example Corp")).ToBeVisibleAsync();
        await Expect(visitor.Field("E-mail address")).ToHaveCountAsync(0);
        await Expect(visitor.Link("Create an account")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Sso_ThereAndBack_SignsInWhereItBegan()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        var callback = new Uri(fixture.BaseUrl, "/auth/sso/callback?code=the-code&state=the-state");
        await AnswerAsync(visitor, "sso/status", """{"enabled":true,"enforced":false,"display_name":"Example Corp","redirect_uri":"x"}""");
        // The provider is a redirect that comes back at once.
        await AnswerAsync(visitor, "sso/start", $$"""{"authorization_url":"{{callback}}","state":"the-state","redirect_uri":"x"}""");
        var sent = new List<string?>();
        await AnswerAsync(visitor, "sso/complete", $$"""{"token":"{{person.Token}}","user_id":"{{person.Id}}","redirect_to":"/sessions"}""", sent);
        await visitor.GoAsync("/sessions");

        await visitor.Button("Sign in with Example Corp").ClickAsync();

        await Expect(visitor.Title).ToHaveTextAsync("Sessions");
        Assert.Equal(["""{"code":"the-code","state":"the-state"}"""], sent);
        Assert.DoesNotContain("the-code", visitor.Page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sso_StateOfNobody_SaysSoAndLeadsBack()
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.Page.RouteAsync("**/v1/auth/sso/complete", route => route.FulfillAsync(new()
        {
            Status = 400,
            ContentType = "application/json",
            Body = """{"code":"INVALID_FORM_BODY","message":"x","errors":[{"path":"state","code":"INVALID_FORMAT","message":"x"}]}""",
        }));

        await visitor.GoAsync("/auth/sso/callback?code=c&state=s");

        await Expect(visitor.Main).ToContainTextAsync("This sign-in took too long or was used already.");
        await visitor.Link("Back to sign-in").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Sign in");
    }

    private static async Task AnswerAsync(Visitor visitor, string operation, string body, List<string?>? sent = null)
        => await visitor.Page.RouteAsync($"**/v1/auth/{operation}", route =>
        {
            sent?.Add(route.Request.PostData);
            return route.FulfillAsync(new() { Status = 200, ContentType = "application/json", Body = body });
        });
}
