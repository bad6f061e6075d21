using System.Runtime.InteropServices;

namespace Gateway.Edge;

/// <summary>Counts requests by client address.</summary>
internal interface IAddressLimiter
{
    /// <summary>Counts a request of <paramref name="key"/>, or says why not; then it costs nothing.</summary>
    LimitRefusal? TryTake(ulong key);
}

/// <summary>Why a request was refused.</summary>
/// <param name="Limit">Requests that a client may send at most.</param>
/// <param name="RetryAfter">Time until one more is taken.</param>
/// <param name="FullAfter">Time until all of them are.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LimitRefusal(int Limit, TimeSpan RetryAfter, TimeSpan FullAfter);
