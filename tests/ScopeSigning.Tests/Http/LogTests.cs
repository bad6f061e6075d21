using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Http;

public sealed class LogTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Fact]
    public async Task Logs_WholeLifeWithFailures_HoldNoSecretAndNobodysData()
    {
        var (person, secret) = await api.RegisterAsync("device-for-the-log-test");
        var (email, phone) = (Api.NewEmail(), Api.NewPhone());
        var tries = 0;
        host.Sinks.Behaviour[email] = () => Task.FromResult(Interlocked.Increment(ref tries) < 3 ? 451 : 250);
        host.Sinks.Behaviour[phone] = () => Task.FromResult(Interlocked.Increment(ref tries) % 2 == 1 ? 500 : 200);
        var (emailJob, mail) = await api.RequestEmailAsync(person, email);
        var (phoneJob, message) = await api.RequestPhoneAsync(person, phone);
        await api.ConfirmAsync(emailJob, new { code = mail.Code });
        await api.SendAsync(HttpMethod.Post, $"/scope/{phoneJob}?code={message.Code}", (string?)null);
        var token = await api.WaitForTokenAsync(emailJob);
        await api.PostAsync($"/key/{person.Sub}", person.Token(new { scopes = new[] { token, await api.WaitForTokenAsync(phoneJob) } }));
        await api.DeleteAsync($"/key?email={email}&phone={phone}&code=00000000");
        await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");

        var link = mail.Link[(mail.Link.IndexOf('#', StringComparison.Ordinal) + 1)..];
        foreach (var word in new[] { person.Sub, secret, email, phone, emailJob, phoneJob, link, token, "device-for-the-log-test" })
        {
            Assert.DoesNotContain(host.Logs.Lines, line => line.Contains(word, StringComparison.Ordinal));
        }
    }
}
