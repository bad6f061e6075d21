using System.Globalization;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class ConfirmScopeTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAA")]
    [InlineData("short")]
    public async Task ConfirmScope_UnknownOrMalformedJob_IsUnknown(string job)
    {
        Assert.Equal("unknown-job", (await api.ConfirmAsync(job, new { code = "123456" })).Code);
        Assert.Equal("unknown-job", (await api.SendAsync(HttpMethod.Post, $"/scope/{job}", (string?)null)).Code);
    }

    [Theory]
    [InlineData("application/jwt", "x")]
    [InlineData("application/jose", "{}")]
    [InlineData("application/json", "\"e30.e30.sig\"")]
    [InlineData("application/json", "e30.e30.sig")]
    [InlineData("text/plain", "e30.e30.")]
    [InlineData(null, " e30.e30.sig ")]
    public async Task ConfirmScope_Token_IsNotSupportedBeforeTheJobIsLookedUp(string? mediaType, string body)
    {
        var answer = await api.SendAsync(HttpMethod.Post, "/scope/AAAAAAAAAAAAAAAAAAAA", body, mediaType);

        Assert.Equal(405, answer.Status);
        Assert.Equal("not-supported", answer.Code);
        Assert.Equal("DELETE, GET, HEAD, POST, PUT", string.Join(", ", answer.ContentHeaders.Allow));
    }

    [Theory]
    [InlineData("application/xml", "{}", "", 415)]
    [InlineData("application/x-www-form-urlencoded", "code=1", "", 415)]
    [InlineData("application/json", "{", "", 400)]
    [InlineData("application/json", "[]", "", 400)]
    [InlineData("application/json", "123456", "", 400)]
    [InlineData("application/json", "\"123456\"", "", 400)]
    [InlineData("application/json", "{\"code\":123456}", "", 400)]
    [InlineData("application/json", "{\"secret\":1}", "", 400)]
    [InlineData("application/json", "{\"code\":\"1\",\"secret\":\"2\"}", "", 400)]
    [InlineData("application/json", "{\"code\":\"1\",\"code\":\"2\"}", "", 400)]
    [InlineData("application/json", "{\"code\":\"1\"}", "?code=1", 400)]
    [InlineData("application/json", "{}", "?code=1&code=1", 400)]
    public async Task ConfirmScope_MalformedBody_IsRefusedAndNotCounted(string mediaType, string body, string query, int status)
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(status, (await api.SendAsync(HttpMethod.Post, $"/scope/{job}{query}", body, mediaType)).Status);
        }

        Assert.Equal(202, (await api.ConfirmAsync(job, new { code = message.Code })).Status);
    }

    [Fact]
    public async Task ConfirmScope_BodyOf4097Bytes_IsTooLarge()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());
        string Body(int length) => $$"""{"code":"{{message.Code}}","x":"{{new string('x', length - 24)}}"}""";

        var over = await api.SendAsync(HttpMethod.Post, $"/scope/{job}", Body(4097), "application/json");
        var exact = await api.SendAsync(HttpMethod.Post, $"/scope/{job}", Body(4096), "application/json");

        Assert.Equal(4096, Body(4096).Length);
        Assert.Equal("too-large", over.Code);
        Assert.Equal(202, exact.Status);
    }

    [Fact]
    public async Task ConfirmScope_NoSecret_IsRefusedAndNotCounted()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("auth-error", (await api.SendAsync(HttpMethod.Post, $"/scope/{job}", (string?)null)).Code);
            Assert.Equal("auth-error", (await api.ConfirmAsync(job, new { code = "" })).Code);
            Assert.Equal("auth-error", (await api.SendAsync(HttpMethod.Post, $"/scope/{job}?secret={message.Code}", (string?)null)).Code);
            Assert.Equal("auth-error", (await api.ConfirmAsync(job, new { other = 1 })).Code);
        }

        Assert.Equal(202, (await api.ConfirmAsync(job, new { code = message.Code })).Status);
    }

    [Fact]
    public async Task ConfirmScope_CodeByQuery_IsTaken()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());

        var answer = await api.SendAsync(HttpMethod.Post, $"/scope/{job}?code={message.Code}", (string?)null);

        Assert.Equal(202, answer.Status);
        Assert.Equal("confirmed", answer.Text("status"));
    }

    [Fact]
    public async Task ConfirmScope_LinkSecret_IsTakenAsSecretOnly()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, mail) = await api.RequestEmailAsync(person, Api.NewEmail());
        var secret = mail.Link[(mail.Link.IndexOf('#', StringComparison.Ordinal) + 1)..];

        Assert.Equal("auth-error", (await api.ConfirmAsync(job, new { code = secret })).Code);
        Assert.Equal("auth-error", (await api.ConfirmAsync(job, new { secret = mail.Code })).Code);
        Assert.Equal(202, (await api.ConfirmAsync(job, new { secret })).Status);
    }

    [Fact]
    public async Task ConfirmScope_CodeOfAnotherJob_IsRefused()
    {
        var (person, _) = await api.RegisterAsync();
        var (first, firstMessage) = await api.RequestPhoneAsync(person, Api.NewPhone());
        Received secondMessage;
        do
        {
            (_, secondMessage) = await api.RequestPhoneAsync(person, Api.NewPhone());
        }
        while (secondMessage.Code == firstMessage.Code);

        Assert.Equal("auth-error", (await api.ConfirmAsync(first, new { code = secondMessage.Code })).Code);
    }

    [Fact]
    public async Task ConfirmScope_FifthWrongCode_DestroysTheJob()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("auth-error", (await api.ConfirmAsync(job, new { code = Wrong(message.Code) })).Code);
        }

        Assert.Equal("unknown-job", (await api.ConfirmAsync(job, new { code = message.Code })).Code);
        Assert.Equal("unknown-job", (await api.GetAsync($"/scope/{job}")).Code);
    }

    [Fact]
    public async Task ConfirmScope_RightCodeAtTheFifthAttempt_IsConfirmed()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());
        for (var i = 0; i < 4; i++)
        {
            await api.ConfirmAsync(job, new { code = Wrong(message.Code) });
        }

        Assert.Equal(202, (await api.ConfirmAsync(job, new { code = message.Code })).Status);
    }

    [Fact]
    public async Task ConfirmScope_TwoHundredWrongGuessesInParallel_ExactlyFiveAreCounted()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());
        var guesses = Enumerable.Range(0, 201).Select(i => i.ToString("D6", CultureInfo.InvariantCulture)).Where(guess => guess != message.Code).Take(200);

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(guesses.Select(code => api.ConfirmAsync(job, new { code })));

        Assert.Equal(5, answers.Count(answer => answer.Status == 401));
        Assert.Equal(195, answers.Count(answer => answer.Status == 404));
    }

    [Fact]
    public async Task ConfirmScope_RightCodeTwoHundredTimesInParallel_SignsOnce()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => api.ConfirmAsync(job, new { code = message.Code })));
        var token = await api.WaitForTokenAsync(job);

        Assert.All(answers, answer => Assert.Equal(202, answer.Status));
        Assert.Equal(1, await host.EventsAsync("ScopeConfirmed", person.Sub));
        Assert.Equal(1, await host.EventsAsync("ScopeSigned", person.Sub));
        Assert.Equal(202, (await api.ConfirmAsync(job, new { code = message.Code })).Status);
        Assert.Equal("auth-error", (await api.ConfirmAsync(job, new { code = Wrong(message.Code) })).Code);
        Assert.Equal(token, await api.WaitForTokenAsync(job));
    }

    [Theory]
    [InlineData("phone", 599, 602)]
    [InlineData("email", 3598, 3602)]
    public async Task ConfirmScope_AroundTheEndOfItsTime_WorksBeforeAndIsUnknownAfter(string scope, double before, double after)
    {
        var (person, _) = await api.RegisterAsync();
        async Task<(string, Received)> Request() => scope == "phone"
            ? await api.RequestPhoneAsync(person, Api.NewPhone())
            : await api.RequestEmailAsync(person, Api.NewEmail());
        var (early, earlyMessage) = await Request();
        var (late, lateMessage) = await Request();

        Assert.Equal("unknown-job", (await api.ConfirmAsync(late, new { code = lateMessage.Code }, shift: after)).Code);
        Assert.Equal("unknown-job", (await api.GetAsync($"/scope/{late}", shift: after)).Code);
        // A little less than the whole time, because the job was made some moments ago.
        Assert.Equal(202, (await api.ConfirmAsync(early, new { code = earlyMessage.Code }, shift: before - 60)).Status);
    }

    private static string Wrong(string code) => code == "000000" ? "000001" : "000000";
}
