using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Edge;

/// <summary>
/// A token bucket for each client address, in a fixed amount of memory however many addresses there are.
/// </summary>
/// <remarks>
/// A bucket is one number, the time at which it will be full again (the "theoretical arrival time" of the generic cell rate
/// algorithm): a request moves it by the time that one token takes to come back. A full bucket and no bucket are the same, so
/// a slot whose time has passed is free. The table is set-associative; when all slots of a set are busy, the one that is full
/// again soonest is given up, which forgets a debt and refuses nobody wrongly. The hash is seeded, so that nobody can aim at
/// somebody else's set.
/// </remarks>
internal sealed class AddressLimiter : IAddressLimiter
{
    private const int Sets = 4096;
    private const int Ways = 8;
    private const int Stripes = 64;

    private readonly Slot[] _slots = new Slot[Sets * Ways];
    private readonly Lock[] _locks = new Lock[Stripes];
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
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
        for (var i = 0; i < Stripes; i++)
        {
            _locks[i] = new Lock();
        }
    }

    /// <summary>Takes one token from the bucket of <paramref name="key"/>, or says when there will be one.</summary>
    public LimitRefusal? TryTake(ulong key)
    {
        var hash = AddressHash.Mix(key ^ _seed);
        var set = (int)(hash % Sets);
        var slots = _slots.AsSpan(set * Ways, Ways);

        lock (_locks[set % Stripes])
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
