using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Delivery;

public sealed class SmsSenderTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private static readonly Guid Id = Guid.Parse("0190a6f0-0000-7000-8000-000000000001");

    [Fact]
    public async Task Send_Message_IsPostedWithItsCode()
    {
        await app.Get<SmsSender>().SendAsync(Id, new DeliveryContent { Kind = DeliveryKind.SmsCode, To = "+491", Code = "012345" }, CancellationToken.None);

        var message = Assert.Single(app.Sms.MessagesTo("+491"));
        Assert.Equal((Id.ToString(), "sms", "sms_code", "012345"), (message.Text("id"), message.Text("channel"), message.Text("kind"), message.Text("code")));
        Assert.Contains("012345", message.Text("text"), StringComparison.Ordinal);
        Assert.Contains("10 minutes", message.Text("text"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    public async Task Send_Refused_IsTriedAgain(int status)
    {
        await using var own = await FactorsApp.StartAsync(new Dictionary<string, string?>());
        own.Sms.Status = status;

        var failure = await Assert.ThrowsAsync<DeliveryException>(() => own.Get<SmsSender>().SendAsync(
            Id, new DeliveryContent { Kind = DeliveryKind.SmsCode, To = "+492", Code = "012345" }, CancellationToken.None));

        Assert.DoesNotContain("012345", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("+492", failure.ToString(), StringComparison.Ordinal);
    }
}
