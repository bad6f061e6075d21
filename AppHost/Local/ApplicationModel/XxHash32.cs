using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>xxHash32 with seed 0 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): the manifest names conditional values by it.</summary>
internal static class XxHash32
{
    private const uint Prime1 = 0x9E3779B1;
    private const uint Prime2 = 0x85EBCA77;
    private const uint Prime3 = 0xC2B2AE3D;
    private const uint Prime4 = 0x27D4EB2F;
    private const uint Prime5 = 0x165667B1;
    private const int StripeLength = 16;

    public static string HashToHex(string text) => Hash(Encoding.UTF8.GetBytes(text)).ToString("x8", CultureInfo.InvariantCulture);

    public static uint Hash(ReadOnlySpan<byte> input)
    {
        unchecked
        {
            var rest = input;

            // Steps 1 and 2: four lanes over stripes of 16 bytes.
            uint hash;
            if (input.Length < StripeLength)
            {
                hash = Prime5;
            }
            else
            {
                uint lane1 = Prime1 + Prime2, lane2 = Prime2, lane3 = 0, lane4 = 0 - Prime1;
                for (; rest.Length >= StripeLength; rest = rest[StripeLength..])
                {
                    lane1 = Round(lane1, Read(rest));
                    lane2 = Round(lane2, Read(rest[4..]));
                    lane3 = Round(lane3, Read(rest[8..]));
                    lane4 = Round(lane4, Read(rest[12..]));
                }

                // Step 3: convergence.
                hash = BitOperations.RotateLeft(lane1, 1) + BitOperations.RotateLeft(lane2, 7)
                    + BitOperations.RotateLeft(lane3, 12) + BitOperations.RotateLeft(lane4, 18);
            }

            // Step 4: length.
            hash += (uint)input.Length;

            // Step 5: what is left, by words, then by bytes.
            for (; rest.Length >= 4; rest = rest[4..])
            {
                hash = BitOperations.RotateLeft(hash + (Read(rest) * Prime3), 17) * Prime4;
            }

            foreach (var b in rest)
            {
                hash = BitOperations.RotateLeft(hash + (b * Prime5), 11) * Prime1;
            }

            // Step 6: avalanche.
            hash = (hash ^ (hash >> 15)) * Prime2;
            hash = (hash ^ (hash >> 13)) * Prime3;
            return hash ^ (hash >> 16);
        }
    }

    private static uint Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static uint Round(uint lane, uint word) => unchecked(BitOperations.RotateLeft(lane + (word * Prime2), 13) * Prime1);
}
