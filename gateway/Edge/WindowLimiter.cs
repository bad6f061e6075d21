using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Edge;

/// <summary>
/// At most so many requests of a client address in any window of time, wherever the window begins; in a fixed amount of memory however
/// many addresses there are, and without an allocation per request.
/// </summary>
/// <remarks>
/// Requests are counted by the twelfth of a window in which they came. What counts is the current twelfth and the twelve before it: no
/// window reaches further back, so the limit holds exactly, and a request is forgotten at most a twelfth later than it might be. (Two
/// counters, the older one weighted by its share, would do with less, but let nearly twice the limit through when a burst comes at the
/// end of a window.) When all slots of a set (<see cref="AddressTable{TSlot}"/>) are busy, the one that was used longest ago is given up,
/// which refuses nobody wrongly.
/// </remarks>
internal sealed class WindowLimiter : IAddressLimiter
{
    private const int PartsOfAWindow = 12;

    /// <summary>The current one too.</summary>
    private const int CountedParts = PartsOfAWindow + 1;

    private readonly AddressTable<Slot> _table = new();
    private readonly TimeProvider _clock;
    private readonly int _limit;
    private readonly long _ticksPerPart;

    /// <param name="limit">Requests in any window, at most.</param>
    public WindowLimiter(TimeProvider clock, int limit, TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        _clock = clock;
        _limit = limit;
        _ticksPerPart = Math.Max(1, (long)Math.Ceiling(window.TotalSeconds * clock.TimestampFrequency / PartsOfAWindow));
    }

    public LimitRefusal? TryTake(ulong key)
    {
        lock (_table.SetOf(key, out var slots))
        {
            var now = _clock.GetTimestamp();
            var part = now / _ticksPerPart;
            ref var slot = ref FindOrClaim(slots, key, part);
            slot.MoveTo(part);
            if (slot.Total >= _limit)
            {
                return new LimitRefusal(_limit, Until(slot.PartWhoseEndMakesRoom(_limit), now), Until(slot.NewestUsedPart, now));
            }

            slot.Count();
            return null;
        }
    }

    private static ref Slot FindOrClaim(Span<Slot> slots, ulong key, long part)
    {
        var oldest = 0;
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i].Key == key && slots[i].Total > 0)
            {
                return ref slots[i];
            }

            if (slots[i].Part < slots[oldest].Part)
            {
                oldest = i;
            }
        }

        slots[oldest] = new Slot { Key = key, Part = part };
        return ref slots[oldest];
    }

    /// <summary>Until the requests of a part count no more.</summary>
    private TimeSpan Until(long part, long now) => TimeSpan.FromSeconds((double)(((part + CountedParts) * _ticksPerPart) - now) / _clock.TimestampFrequency);

    [InlineArray(CountedParts)]
    private struct Parts
    {
        private int _first;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Slot
    {
        private Parts _parts;

        public ulong Key;

        /// <summary>The part of time that it was last used in.</summary>
        public long Part;

        /// <summary>Requests that count.</summary>
        public int Total;

        public readonly long NewestUsedPart
        {
            get
            {
                var part = Part;
                while (_parts[Index(part)] == 0)
                {
                    part--;
                }

                return part;
            }
        }

        /// <summary>Forgets what counts no more.</summary>
        public void MoveTo(long part)
        {
            // Timestamps do not go back, but those of two threads may be taken in one order and arrive in the other.
            for (var steps = Math.Min(part - Part, CountedParts); steps > 0; steps--)
            {
                ref var count = ref _parts[Index(part - steps + 1)];
                Total -= count;
                count = 0;
            }

            Part = Math.Max(Part, part);
        }

        public void Count()
        {
            _parts[Index(Part)]++;
            Total++;
        }

        /// <summary>The part with whose end fewer than <paramref name="limit"/> are left.</summary>
        public readonly long PartWhoseEndMakesRoom(int limit)
        {
            var left = Total;
            var part = Part - CountedParts;
            while (left >= limit)
            {
                part++;
                left -= _parts[Index(part)];
            }

            return part;
        }

        // Parts before the clock's zero have numbers below it.
        private static int Index(long part) => (int)(((part % CountedParts) + CountedParts) % CountedParts);
    }
}
