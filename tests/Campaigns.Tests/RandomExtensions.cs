namespace Campaigns.Tests;

internal static class RandomExtensions
{
    extension(Random random)
    {
        public T Pick<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];

        public bool Chance(double share) => random.NextDouble() < share;
    }
}
