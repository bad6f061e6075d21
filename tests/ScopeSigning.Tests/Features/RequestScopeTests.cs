using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class RequestScopeTests(ScopeSigningHost host)
{
    private static readonly object Home = new { street_address = "Street 1", locality = "Town", postal_code = "1000", country = "NL" };

    private readonly Api api = new(host);

    public static TheoryData<string> BadClaims => new(
        """{}""",
        """{"scope":null}""",
        """{"scope":"name"}""",
        """{"scope":"Email","email":"a@b.example"}""",
        """{"scope":["email"],"email":"a@b.example"}""",
        """{"scope":"email phone","email":"a@b.example","phone":"+31612345678"}""",
        """{"scope":"email"}""",
        """{"scope":"email","phone":"+31612345678"}""",
        """{"scope":"email","email":null}""",
        """{"scope":"email","email":"a@b.example","type":"sms"}""",
        """{"scope":"email","email":"a@b.example","type":1}""",
        """{"scope":"phone","phone":"+31612345678","type":"email"}""",
        """{"scope":"phone","phone":31612345678}""",
        """{"scope":"address","address":"Street 1"}""",
        """{"scope":"address","address":{"street_address":"s","locality":"l","postal_code":"p"}}""",
        """{"scope":"address","address":{"street_address":"s","locality":"l","postal_code":"p","country":"XX"}}""",
        """{"scope":"address","address":{"street_address":"s","locality":"l","postal_code":"p","country":"nl"}}""",
        """{"scope":"address","address":{"street_address":"s\n","locality":"l","postal_code":"p","country":"NL"}}""",
        """{"scope":"address","address":{"street_address":"","locality":"l","postal_code":"p","country":"NL"}}""",
        """{"scope":"address","address":{"street_address":"s","locality":"l","postal_code":"p","country":"NL","region":1}}""",
        """{"scope":"address","address":{"street_address":"s","locality":"l","postal_code":"p","country":"NL"},"type":"email"}""");

    [Theory]
    [MemberData(nameof(BadClaims))]
    public async Task RequestScope_MalformedClaims_IsBadRequestAndSendsNothing(string claims)
    {
        var (person, _) = await api.RegisterAsync();

        var answer = await api.PostAsync("/scope", person.Sign("""{"alg":"EdDSA"}""", $$"""{"sub":"{{person.Sub}}",{{claims[1..]}}""".Replace(",}", "}", StringComparison.Ordinal)));

        Assert.Equal("bad-request", answer.Code);
        Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM jobs WHERE sub = @sub", new { sub = person.Sub }));
    }

    [Theory]
    [InlineData("?test=")]
    [InlineData("?test=x")]
    [InlineData("?test=1.0")]
    [InlineData("?test=--1")]
    [InlineData("?test=1&test=1")]
    [InlineData("?test=%2B1")]
    public async Task RequestScope_TestThatIsNoInteger_IsBadRequest(string query)
        => Assert.Equal("bad-request", (await api.PostAsync($"/scope{query}", new Identity().Token(new { scope = "email", email = Api.NewEmail() }))).Code);

    [Fact]
    public async Task RequestScope_UnknownKey_IsUnknownAndNothingIsSent()
    {
        var email = Api.NewEmail();

        Assert.Equal("unknown-key", (await api.PostAsync("/scope", new Identity().Token(new { scope = "email", email }))).Code);
        Assert.Empty(host.Sinks.For(email));
    }

    [Fact]
    public async Task RequestScope_RevokedKey_IsGone()
    {
        var (person, secret) = await api.RegisterAsync();
        await api.DeleteAsync($"/key/{person.Sub}?secret={secret}");

        Assert.Equal("revoked-key", (await api.PostAsync("/scope", person.Token(new { scope = "email", email = Api.NewEmail() }))).Code);
    }

    [Fact]
    public async Task RequestScope_IssuerSignedToken_IsRefused()
    {
        var (person, _) = await api.RegisterAsync();
        var scope = await api.SignedEmailAsync(person, Api.NewEmail());

        Assert.Equal("auth-error", (await api.PostAsync("/scope", scope)).Code);
    }

    [Fact]
    public async Task RequestScope_Email_MailsCodeAndLink()
    {
        var (person, _) = await api.RegisterAsync();
        var name = $"Jane.{Guid.NewGuid():N}";

        var answer = await api.PostAsync("/scope", person.Token(new { scope = "email", email = $"{name}@BÜCHER.example", phone = 5 }));

        Assert.Equal(201, answer.Status);
        var job = answer.Text("job");
        Assert.Equal(20, job.Length);
        Assert.Equal("waiting", answer.Text("status"));
        Assert.Equal(2, answer.Json.EnumerateObject().Count());
        Assert.Equal($"{ScopeSigningHost.BaseUrl}/scope/{job}", answer.Headers.Location!.ToString());
        var mail = await host.Sinks.WaitForAsync($"{name}@xn--bcher-kva.example");
        Assert.Matches("^[0-9]{6}$", mail.Code);
        Assert.Matches($"^{ScopeSigningHost.BaseUrl}/confirm/{job}#[A-Za-z0-9_-]{{43}}$", mail.Link);
        Assert.Contains("X-Scope-Signing-Kind: scope-confirm\r\n", mail.Text, StringComparison.Ordinal);
        Assert.Contains("text/plain; charset=utf-8", mail.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(person.Sub, mail.Text, StringComparison.Ordinal);
        Assert.Equal(1, await host.EventsAsync("ScopeRequested", person.Sub));
    }

    [Theory]
    [InlineData(null, "sms")]
    [InlineData("sms", "sms")]
    [InlineData("mobile", "sms")]
    [InlineData("tts", "tts")]
    [InlineData("landline", "tts")]
    public async Task RequestScope_Phone_GoesBySmsOrIsSpoken(string? type, string channel)
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();

        var answer = await api.PostAsync("/scope", person.Token(new { scope = "phone", phone, type }));

        Assert.Equal(201, answer.Status);
        var message = await host.Sinks.WaitForAsync(phone);
        Assert.Equal("sms", message.Way);
        Assert.Equal(channel, message.Json.GetProperty("channel").GetString());
        Assert.Equal("scope-confirm", message.Json.GetProperty("kind").GetString());
        Assert.Matches("^[0-9]{6}$", message.Code);
        var spoken = channel == "tts" ? string.Join(", ", message.Code.ToCharArray()) : message.Code;
        Assert.Contains(spoken, message.Json.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(["id", "kind", "channel", "to", "code", "text", "expires"], message.Json.EnumerateObject().Select(member => member.Name));
        Assert.DoesNotContain(answer.Text("job"), message.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestScope_Address_GoesByLetter()
    {
        var (person, _) = await api.RegisterAsync();
        var street = $"Street {Guid.NewGuid():N}";
        var address = new { street_address = street, locality = "Zürich", postal_code = "8000", country = "CH", region = "ZH" };

        Assert.Equal(201, (await api.PostAsync("/scope", person.Token(new { scope = "address", address, type = "letter" }))).Status);

        var letter = await Eventually.AsyncNotNull(
            () => Task.FromResult(host.Sinks.Find(message => message.Way == "letter" && message.To.Contains(street, StringComparison.Ordinal))), "the letter");
        Assert.Equal("letter", letter.Json.GetProperty("channel").GetString());
        Assert.Equal("Zürich", letter.Json.GetProperty("to").GetProperty("locality").GetString());
    }

    [Fact]
    public async Task RequestScope_TestIssuer_EverythingGoesToTheTestSink()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();

        Assert.Equal(201, (await api.PostAsync("/scope?test=-7", person.Token(new { scope = "email", email }))).Status);

        var message = await host.Sinks.WaitForAsync(email);
        Assert.Equal("test", message.Way);
        Assert.Equal("email", message.Json.GetProperty("channel").GetString());
        Assert.Contains("/confirm/", message.Link, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestScope_TestZero_IsTheRealIssuer()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();

        Assert.Equal(201, (await api.PostAsync("/scope?test=000", person.Token(new { scope = "email", email }))).Status);

        Assert.Equal("mail", (await host.Sinks.WaitForAsync(email)).Way);
    }

    [Fact]
    public async Task RequestScope_SameValueAgain_DestroysTheOlderWaitingJob()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();
        var (first, mail) = await api.RequestEmailAsync(person, email);
        var (second, _) = await api.RequestEmailAsync(person, email.ToUpperInvariant().Replace("MAIL.EXAMPLE", "mail.example", StringComparison.Ordinal));

        Assert.Equal("unknown-job", (await api.GetAsync($"/scope/{first}")).Code);
        Assert.Equal("unknown-job", (await api.ConfirmAsync(first, new { code = mail.Code })).Code);
        Assert.Equal(204, (await api.GetAsync($"/scope/{second}")).Status);
    }

    [Fact]
    public async Task RequestScope_ManyKeysForOneNumberInParallel_ThreeAreSent()
    {
        var phone = Api.NewPhone();
        var people = new List<Identity>();
        for (var i = 0; i < 20; i++)
        {
            people.Add((await api.RegisterAsync()).Person);
        }

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => api.PostAsync("/scope", people[i % 20].Token(new { scope = "phone", phone }))));

        Assert.Equal(3, answers.Count(answer => answer.Status == 201));
        Assert.Equal(197, answers.Count(answer => answer.Status == 429 && answer.Code == "rate-limit" && answer.Headers.RetryAfter is not null));
        await host.Sinks.WaitForAsync(phone, 3);
    }

    [Fact]
    public async Task RequestScope_LimitsOfOneValue_AreThreeInTenMinutesAndTenInADay()
    {
        var phone = Api.NewPhone();
        var statuses = new List<int>();
        for (var window = 0; window < 4; window++)
        {
            for (var i = 0; i < 4; i++)
            {
                var (person, _) = await api.RegisterAsync();
                var at = DateTimeOffset.UtcNow.AddSeconds(window * 601);
                statuses.Add((await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }, now: at), shift: window * 601)).Status);
            }
        }

        Assert.Equal([201, 201, 201, 429, 201, 201, 201, 429, 201, 201, 201, 429, 201, 429, 429, 429], statuses);
        var (test, _) = await api.RegisterAsync();
        Assert.Equal(201, (await api.PostAsync("/scope?test=1", test.Token(new { scope = "phone", phone }))).Status);
    }

    [Fact]
    public async Task RequestScope_TwentyFirstJobOfOneKeyInAnHour_IsTooMuch()
    {
        var (person, _) = await api.RegisterAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => api.PostAsync("/scope", person.Token(new { scope = "phone", phone = Api.NewPhone() }))));

        Assert.Equal(20, answers.Count(answer => answer.Status == 201));
        Assert.Equal(10, answers.Count(answer => answer.Status == 429));
    }

    [Fact]
    public async Task RequestScope_NothingOfTheValueOrCode_IsStoredOrPublishedInClear()
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var (job, message) = await api.RequestPhoneAsync(person, phone);

        Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM jobs j WHERE j.sub = @sub AND (j::text LIKE @value OR j::text LIKE @job)", new { sub = person.Sub, value = $"%{phone}%", job = $"%{job}%" }));
        Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM outbox o WHERE o::text LIKE @value OR o::text LIKE @job", new { value = $"%{phone}%", job = $"%{job}%" }));
        Assert.NotEmpty(message.Code);
    }

    [Fact]
    public async Task RequestScope_AddressWithoutAnAuthority_IsBadRequest()
    {
        var (person, _) = await api.RegisterAsync();

        // The authority of the real issuer signs e-mail addresses too, but nobody is set up for phones besides the built-in issuer,
        // so the way to see "no signer" is a host without authorities.
        await using var factory = await host.StartInstanceAsync(
            ("ScopeSigning:Authorities:0:Scopes", "email"), ("ScopeSigning:Authorities:1:Scopes", "email"), ("ScopeSigning:Authorities:2:Scopes", "email"));
        using var client = ScopeSigningHost.ClientOf(factory);

        Assert.Equal("bad-request", (await new Api(host, client).PostAsync("/scope", person.Token(new { scope = "address", address = Home }))).Code);
    }

    [Fact]
    public async Task RequestScope_TestModeOff_IsBadRequest()
    {
        await using var factory = await host.StartInstanceAsync(("ScopeSigning:Test:Enabled", "false"));
        using var client = ScopeSigningHost.ClientOf(factory);

        Assert.Equal("bad-request", (await new Api(host, client).PostAsync("/scope?test=1", new Identity().Token(new { scope = "phone", phone = Api.NewPhone() }))).Code);
    }
}
