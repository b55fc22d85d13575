// Preloaded where the system does not do it: names under localhost are the loopback interface (RFC 6761, section 6.3).
import dns from "node:dns";

const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest);
