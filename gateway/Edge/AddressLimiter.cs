using System.Runtime.InteropServices;

namespace Gateway.Edge;

/// <summary>
/// A token bucket for each client address, in a fixed amount of memory however many addresses there are.
/// </summary>
/// <remarks>
/// A bucket is one number, the time at which it will be full again (the "theoretical arrival time" of the generic cell rate
/// algorithm): a request moves it by the time that one token takes to come back. A full bucket and no bucket are the same, so
/// a slot whose time has passed is free. When all slots of a set (<see cref="AddressTable{TSlot}"/>) are busy, the one that is full
/// again soonest is given up, which forgets a debt and refuses nobody wrongly.
/// </remarks>
internal sealed class AddressLimiter : IAddressLimiter
{
    private readonly AddressTable<Slot> _table = new();
    private readonly TimeProvider _clock;
    private readonly int _burst;
    private readonly long _ticksPerToken;

    /// <param name="burst">Tokens of a full bucket.</param>
    /// <param name="refill">Time in which an empty bucket is full again.</param>
    public AddressLimiter(TimeProvider clock, int burst, TimeSpan refill)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(refill, TimeSpan.Zero);
        _clock = clock;
        _burst = burst;
        _ticksPerToken = (long)(refill.TotalSeconds * clock.TimestampFrequency / burst);
    }

    /// <summary>Takes one token from the bucket of <paramref name="key"/>, or says when there will be one.</summary>
    public LimitRefusal? TryTake(ulong key)
    {
        lock (_table.SetOf(key, out var slots))
        {
            var now = _clock.GetTimestamp();
            ref var slot = ref FindOrClaim(slots, key, now);
            var full = Math.Max(slot.FullAt, now) + _ticksPerToken;
            var wait = full - now - (_ticksPerToken * _burst);
            if (wait > 0)
            {
                return new LimitRefusal(_burst, ToTimeSpan(wait), ToTimeSpan(slot.FullAt - now));
            }

            slot.FullAt = full;
            return null;
        }
    }

    private static ref Slot FindOrClaim(Span<Slot> slots, ulong key, long now)
    {
        var soonest = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i].Key == key && slots[i].FullAt > now)
            {
                return ref slots[i];
            }

            if (slots[i].FullAt < slots[soonest].FullAt)
            {
                soonest = i;
            }
        }

        slots[soonest] = new Slot { Key = key, FullAt = now };
        return ref slots[soonest];
    }

    private TimeSpan ToTimeSpan(long timestamps) => TimeSpan.FromSeconds((double)timestamps / _clock.TimestampFrequency);

    [StructLayout(LayoutKind.Auto)]
    private struct Slot
    {
        public ulong Key;

        /// <summary>Timestamp at which the bucket is full again.</summary>
        public long FullAt;
    }
}
