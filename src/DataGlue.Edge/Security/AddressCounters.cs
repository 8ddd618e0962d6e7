using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DataGlue.Edge.Security;

/// <summary>Addresses share this many counters, so that a million of them take no more memory than these.</summary>
internal static class AddressCounters
{
    public const int Count = 65_536;

    // Of IPv6 a network of one customer (/64): each device takes as many of its addresses as it likes.
    private const int NetworkBytes = 8;

    /// <summary>The counter of an address. The hash of a string has a random key for each process: nobody can search for addresses that share a counter.</summary>
    public static int Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return (int)((uint)string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes[..WriteNetwork(address, bytes)])) % Count);
    }

    /// <summary>What is one client's: an IPv4 address, or a network of IPv6.</summary>
    public static IPAddress NetworkOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes[WriteNetwork(address, bytes)..].Clear();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(bytes) : address;
    }

    private static int WriteNetwork(IPAddress address, Span<byte> bytes)
    {
        address.TryWriteBytes(bytes, out var length);
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? NetworkBytes : length;
    }
}
