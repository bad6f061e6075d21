using ScopeSigning.Delivery;

namespace ScopeSigning.Messages;

internal static class DeliverySuccess
{
    /// <summary>Except for pushes, "no such recipient" is a failure like any other: the provider's address is wrong.</summary>
    public static async Task RequireAsync(Task<HandOver> sending)
    {
        if (await sending != HandOver.Taken)
        {
            throw new DeliveryException("The provider does not know the recipient or the path.") { IsFinal = true };
        }
    }
}
