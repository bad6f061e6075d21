using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

public sealed class SignUpTests(PagesFixture fixture)
{
    [Fact]
    public async Task SignUp_FromTheFirstClickToTheConfirmedAddress_WorksByMouseAndMail()
    {
        await using var visitor = await fixture.OpenAsync();
        var email = Person.NewEmail();
        await visitor.GoAsync("/");
        await visitor.Link("Create an account").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Create an account");

        await visitor.Field("E-mail address").FillAsync(email);
        await visitor.Field("Display name").FillAsync("Magic Tester");
        await visitor.Field("Display name").BlurAsync();
        await visitor.Button("Magic_Tester").ClickAsync();
        await Expect(visitor.Field("User name")).ToHaveValueAsync("Magic_Tester");
        await visitor.Page.GetByLabel("Password").FillAsync(Person.SomePassword);
        await visitor.Field("Date of birth").FillAsync("1990-12-10");
        await visitor.Field("I agree").CheckAsync();
        await visitor.Button("Create the account").ClickAsync();

        await Expect(visitor.Title).ToHaveTextAsync("Your account");
        await Expect(visitor.Notice).ToContainTextAsync(email);
        await Expect(visitor.Main).ToContainTextAsync("Hello Magic Tester.");
        await Expect(visitor.Main).ToContainTextAsync("not confirmed");

        var link = await fixture.Inbox.ReadLinkAsync(email, Inbox.ConfirmAddress);
        await visitor.GoAsync(link);
        await Expect(visitor.Page).ToHaveURLAsync(new Regex("/verify$", RegexOptions.None, TimeSpan.FromSeconds(1)));
        await visitor.Button("Confirm the address").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("Your e-mail address is confirmed.");
        await visitor.Link("Go to your account").ClickAsync();
        await Expect(visitor.Page.Locator(".badge.good")).ToHaveTextAsync("confirmed");

        // The link has done its work; going back does not do it again.
        await visitor.Page.GoBackAsync();
        await Expect(visitor.Main).ToContainTextAsync("There is no link to work with.");
    }

    [Fact]
    public async Task SignUp_NothingTyped_SaysWhatIsMissingAndSendsNothing()
    {
        await using var visitor = await fixture.OpenAsync();
        var sent = new List<string>();
        visitor.Page.Request += (_, request) => sent.Add(request.Method);
        await visitor.GoAsync("/sign-up");

        await visitor.Button("Create the account").ClickAsync();

        await Expect(visitor.Page.GetByText("Please fill this in.")).ToHaveCountAsync(3);
        await Expect(visitor.Page.GetByText("Please tick this to go on.")).ToBeVisibleAsync();
        await Expect(visitor.Field("E-mail address")).ToBeFocusedAsync();
        Assert.DoesNotContain("POST", sent);
    }

    [Fact]
    public async Task SignUp_RefusedFields_AreExplainedBesideThemAndStay()
    {
        await using var visitor = await fixture.OpenAsync();
        var taken = await visitor.NewPersonAsync();
        await visitor.GoAsync("/sign-up");
        await FillAsync(visitor, taken.Email, "password1", "2020-01-01");

        await visitor.Button("Create the account").ClickAsync();
        await Expect(visitor.Page.GetByText("You are not old enough")).ToBeVisibleAsync();
        await visitor.Field("Date of birth").FillAsync("1990-12-10");
        await visitor.Button("Create the account").ClickAsync();
        await Expect(visitor.Page.GetByText("among those that everybody tries first")).ToBeVisibleAsync();
        await visitor.Page.GetByLabel("Password").FillAsync(Person.SomePassword);
        await visitor.Button("Create the account").ClickAsync();

        await Expect(visitor.Page.GetByText("There is an account with this address already.")).ToBeVisibleAsync();
        await Expect(visitor.Field("E-mail address")).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(visitor.Field("E-mail address")).ToHaveValueAsync(taken.Email);
        Assert.Null(await visitor.StoredSessionAsync());
    }

    [Fact]
    public async Task SignUp_ConnectionLost_KeepsWhatWasTypedAndWorksAfterwards()
    {
        await using var visitor = await fixture.OpenAsync();
        var email = Person.NewEmail();
        await visitor.GoAsync("/sign-up");
        await FillAsync(visitor, email, Person.SomePassword, "1990-12-10");

        await visitor.Context.SetOfflineAsync(true);
        await visitor.Button("Create the account").ClickAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("There is no connection to the server.");
        await Expect(visitor.Field("E-mail address")).ToHaveValueAsync(email);
        await Expect(visitor.Page.GetByLabel("Password")).ToHaveValueAsync(Person.SomePassword);

        await visitor.Context.SetOfflineAsync(false);
        await visitor.Button("Create the account").ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
    }

    private static async Task FillAsync(Visitor visitor, string email, string password, string birthday)
    {
        await visitor.Field("E-mail address").FillAsync(email);
        await visitor.Page.GetByLabel("Password").FillAsync(password);
        await visitor.Field("Date of birth").FillAsync(birthday);
        await visitor.Field("I agree").CheckAsync();
    }
}
