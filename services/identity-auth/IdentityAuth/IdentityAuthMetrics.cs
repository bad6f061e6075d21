using System.Diagnostics.Metrics;
using IdentityAuth.Passwords;

namespace IdentityAuth;

/// <summary>The meter <c>IdentityAuth</c>.</summary>
internal sealed class IdentityAuthMetrics
{
    private readonly Counter<long> _signIns;
    private readonly Counter<long> _deliveries;

    public IdentityAuthMetrics(IMeterFactory meters, PasswordHasher passwords)
    {
        var meter = meters.Create("IdentityAuth");
        _signIns = meter.CreateCounter<long>("identity_auth.sign_ins", "{attempt}", "Attempts to sign in, by method and outcome.");
        _deliveries = meter.CreateCounter<long>("identity_auth.deliveries", "{message}", "Messages by channel and outcome: sent, failed (a try), expired.");
        meter.CreateObservableGauge("identity_auth.passwords_waiting", () => passwords.Waiting, "{password}", "Passwords that wait to be hashed on this instance.");
    }

    /// <param name="outcome"><c>ok</c>, or why not.</param>
    public void SignIn(string method, string outcome)
        => _signIns.Add(1, new KeyValuePair<string, object?>("method", method), new KeyValuePair<string, object?>("outcome", outcome));

    public void Delivered(string channel, string outcome)
        => _deliveries.Add(1, new KeyValuePair<string, object?>("channel", channel), new KeyValuePair<string, object?>("outcome", outcome));
}
