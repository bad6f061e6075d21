using System.Security.Cryptography;

namespace Gateway.Edge;

/// <summary>
/// What a limiter keeps of client addresses: a fixed number of slots, however many addresses there are. It is set-associative: an address
/// may have any slot of its set. The hash is seeded, so that nobody can aim at somebody else's set.
/// </summary>
internal sealed class AddressTable<TSlot>
    where TSlot : struct
{
    private const int Sets = 4096;
    private const int Ways = 8;
    private const int Stripes = 64;

    private readonly TSlot[] _slots = new TSlot[Sets * Ways];
    private readonly Lock[] _locks = [.. Enumerable.Range(0, Stripes).Select(static _ => new Lock())];
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));

    /// <param name="slots">The slots of the address's set.</param>
    /// <returns>The lock under which they are read and written.</returns>
    public Lock SetOf(ulong key, out Span<TSlot> slots)
    {
        var set = (int)(Mix(key ^ _seed) % Sets);
        slots = _slots.AsSpan(set * Ways, Ways);
        return _locks[set % Stripes];
    }

    // The finalizer of MurmurHash3: every bit of the key changes about half of the bits of the result.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdUL;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return value ^ (value >> 33);
    }
}
