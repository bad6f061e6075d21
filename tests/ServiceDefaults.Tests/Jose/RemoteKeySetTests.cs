using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ServiceDefaults.Jose;
using TestSupport;

namespace ServiceDefaults.Tests.Jose;

public sealed class RemoteKeySetTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly Issuer _issuer = new();
    private readonly HttpClient _http;
    private readonly RemoteKeySet _keys;

    public RemoteKeySetTests()
    {
        _http = new HttpClient(_issuer);
        _keys = new RemoteKeySet(_http, new Uri("https://issuer.example/keys"), _clock, NullLogger.Instance);
    }

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Find_WhoeverAskedGivesUp_TheFetchGoesOnForTheOthers()
    {
        var answer = new TaskCompletionSource();
        _issuer.Before = answer.Task;
        using var patience = new CancellationTokenSource();
        var first = FindAsync("a", patience.Token);
        var second = FindAsync("a");
        await patience.CancelAsync();
        answer.SetResult();

        Assert.NotNull(await second);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(1, _issuer.Fetches);
    }

    [Fact]
    public async Task Find_NeverReached_IsAnOutageAndIsTriedAgainAfterASecond()
    {
        _issuer.Status = HttpStatusCode.ServiceUnavailable;
        await Assert.ThrowsAsync<HttpRequestException>(() => FindAsync("a"));
        _issuer.Status = HttpStatusCode.OK;

        _clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        await Assert.ThrowsAsync<HttpRequestException>(() => FindAsync("a"));
        Assert.Equal(1, _issuer.Fetches);

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(await FindAsync("a"));
        Assert.Equal(2, _issuer.Fetches);
    }

    [Fact]
    public async Task Find_UnknownKey_IsFetchedAtMostEvery30Seconds()
    {
        Assert.NotNull(await FindAsync("a"));
        _issuer.KeyId = "b";

        _clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.Null(await FindAsync("b"));
        Assert.Equal(1, _issuer.Fetches);

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(await FindAsync("b"));
        Assert.Null(await FindAsync("a"));
        Assert.Equal(2, _issuer.Fetches);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, 0)]
    [InlineData(HttpStatusCode.OK, RemoteKeySet.MaximumSize)]
    public async Task Find_IssuerAwayOrTalkingTooMuch_KnownKeysAreKept(HttpStatusCode status, int padding)
    {
        Assert.NotNull(await FindAsync("a"));
        (_issuer.Status, _issuer.Padding, _issuer.KeyId) = (status, padding, "b");
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.NotNull(await FindAsync("a"));
        Assert.Null(await FindAsync("b"));
    }

    [Fact]
    public async Task Find_TenMinutesLater_IsFetchedAgain()
    {
        Assert.NotNull(await FindAsync("a"));
        _clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.NotNull(await FindAsync("a"));
        Assert.Equal(1, _issuer.Fetches);

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(await FindAsync("a"));
        Assert.Equal(2, _issuer.Fetches);
    }

    [Fact]
    public async Task Find_KeyWithdrawn_IsNotUsedOnceMoreTenMinutesLater()
    {
        Assert.NotNull(await FindAsync("a"));
        _issuer.KeyId = "b";
        _clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Null(await FindAsync("a"));
    }

    [Fact]
    public async Task Find_IssuerKnownToBeAway_NobodyWaitsForTheNextTry()
    {
        Assert.NotNull(await FindAsync("a"));
        _issuer.Status = HttpStatusCode.ServiceUnavailable;
        _clock.Advance(TimeSpan.FromMinutes(10));
        Assert.NotNull(await FindAsync("a"));
        Assert.Equal(2, _issuer.Fetches);
        var answer = new TaskCompletionSource();
        (_issuer.Status, _issuer.KeyId, _issuer.Before) = (HttpStatusCode.OK, "b", answer.Task);
        _clock.Advance(TimeSpan.FromSeconds(30));

        var found = _keys.FindAsync("a", default);

        Assert.True(found.IsCompletedSuccessfully);
        Assert.NotNull(await found);
        answer.SetResult();
        // It is asked all the same, and back once it answers.
        Assert.NotNull(await FindAsync("b"));
        Assert.Null(await FindAsync("a"));
        Assert.Equal(3, _issuer.Fetches);
    }

    private async Task<VerificationKey?> FindAsync(string keyId, CancellationToken cancellationToken = default)
        => await _keys.FindAsync(keyId, cancellationToken);

    private sealed class Issuer : HttpMessageHandler
    {
        private readonly ECParameters _key = NewKey();
        private int _fetches;

        public Task Before { get; set; } = Task.CompletedTask;

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public int Padding { get; set; }

        public string KeyId { get; set; } = "a";

        public int Fetches => Volatile.Read(ref _fetches);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _fetches);
            await Before.WaitAsync(cancellationToken);
            var set = $$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"{{KeyId}}","x":"{{Base64Url.EncodeToString(_key.Q.X)}}","y":"{{Base64Url.EncodeToString(_key.Q.Y)}}"}],"pad":"{{new string('x', Padding)}}"}""";
            return new HttpResponseMessage(Status) { Content = new StringContent(set, Encoding.UTF8, "application/json") };
        }

        private static ECParameters NewKey()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return key.ExportParameters(includePrivateParameters: false);
        }
    }
}
