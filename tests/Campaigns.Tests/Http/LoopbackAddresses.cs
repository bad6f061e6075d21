using System.Net;

namespace Campaigns.Tests.Http;

/// <summary>Addresses of this machine's own network, 127.64.0.0 upwards: the gateway counts each as a client of its own.</summary>
internal static class LoopbackAddresses
{
    private static int last;

    /// <summary>One that nobody in this process has had.</summary>
    public static IPAddress Next()
    {
        var number = Interlocked.Increment(ref last);
        return new IPAddress([127, (byte)(64 + ((number >> 16) % 128)), (byte)(number >> 8), (byte)number]);
    }
}
