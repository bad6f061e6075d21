using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests;

/// <summary>What whoever watches is told of attempts to sign in.</summary>
public sealed class IdentityAuthMetricsTests(IdentityApp app)
{
    [Fact]
    public async Task SignIns_RegistrationAndSignIns_AreCountedByMethodAndOutcome()
    {
        await using var own = await IdentityApp.StartAsync(sameServersAs: app);
        var counted = new ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "identity_auth.sign_ins" && ReferenceEquals(instrument.Meter.Scope, own.Get<IMeterFactory>()))
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Enqueue(string.Join(' ', tags.ToArray().Select(tag => tag.Value))));
        listener.Start();
        using var client = own.CreateClient();
        using var elsewhere = own.CreateClient();

        var account = await client.RegisterAsync();
        using var wrong = await client.LoginAsync(account.Email, "wrong horse battery");
        using var right = await client.LoginAsync(account.Email);
        using var fromElsewhere = await elsewhere.LoginAsync(account.Email);

        Assert.Equal(["register ok", "password credentials", "password ok", "password ip_authorization_required"], counted);
    }
}
