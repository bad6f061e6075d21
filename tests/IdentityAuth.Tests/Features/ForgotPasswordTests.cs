using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;
using Microsoft.Extensions.Hosting;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §5.1.</summary>
public sealed class ForgotPasswordTests(IdentityApp app)
{
    private const string Path = "/v1/auth/forgot";

    [Fact]
    public async Task ForgotPassword_KnownAddressInAnyCase_MailsToTheStoredOne()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await client.PostAsync(Path, new { email = account.Email.ToUpperInvariant() });

        await response.AssertNoContentAsync();
        Assert.Equal(account.Email, (await app.MessageAsync(account.Email, DeliveryKind.PasswordReset)).To);
    }

    [Fact]
    public async Task ForgotPassword_UnknownBotOrDeleted_SameAnswerAndNoMail()
    {
        using var client = app.CreateClient();
        var bot = await client.RegisterAsync();
        await app.ChangeUserAsync(bot.Id, "is_bot = true");
        var deleted = await client.RegisterAsync();
        await app.ChangeUserAsync(deleted.Id, "flags = 1");
        var last = await client.RegisterAsync();

        foreach (var email in new[] { TestClient.NewEmail(), bot.Email, deleted.Email, last.Email })
        {
            using var response = await client.PostAsync(Path, new { email });
            await response.AssertNoContentAsync();
        }

        // One after the other: when the last is there, the others have been looked at.
        await app.MessageAsync(last.Email, DeliveryKind.PasswordReset);
        Assert.DoesNotContain(await app.MessagesAsync(bot.Email), message => message.Kind == DeliveryKind.PasswordReset);
        Assert.DoesNotContain(await app.MessagesAsync(deleted.Email), message => message.Kind == DeliveryKind.PasswordReset);
    }

    [Fact]
    public async Task ForgotPassword_InstanceDiesBehindItsAnswer_AnotherMails()
    {
        // Dead, as far as the mail is concerned: nothing runs behind its answers.
        await using var dead = await IdentityApp.StartAsync(configure: services =>
        {
            foreach (var hosted in services.Where(service => service.ServiceType == typeof(IHostedService)
                && service.ImplementationFactory?.Method.ReturnType == typeof(PasswordResetWorker)).ToList())
            {
                services.Remove(hosted);
            }
        });
        using var client = dead.CreateClient();
        var account = await client.RegisterAsync();
        using var response = await client.PostAsync(Path, new { email = account.Email });
        await response.AssertNoContentAsync();

        await using var other = await IdentityApp.StartAsync(sameServersAs: dead);

        await other.MessageAsync(account.Email, DeliveryKind.PasswordReset);
        Assert.Single(await other.MessagesAsync(account.Email), message => message.Kind is DeliveryKind.PasswordReset or DeliveryKind.PasswordResetRequest);
    }

    [Fact]
    public async Task ForgotPassword_BadAddress_Refused()
    {
        using var client = app.CreateClient();

        using var none = await client.PostAsync(Path, "{}");
        await none.AssertFieldsAsync("email=INVALID_FORMAT");
        using var bad = await client.PostAsync(Path, new { email = "nobody" });
        await bad.AssertFieldsAsync("email=INVALID_EMAIL_FORMAT");
    }
}
