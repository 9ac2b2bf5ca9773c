// Java's own TLS (JSSE) behind the same words as peer.c: java Jsse.java
//
// A machine that takes jobs, a line each on stdin, because a machine for each would be slow:
//   JOB server|client PORT [OPTION=VALUE]...
// with the options of peer.h; keys come as PKCS #12 (chain=FILE, password "x"). It says, with JOB in front:
//   JOB listening PORT | connected TLS V with SUITE, full|resumed, peer=NAME | refused WHY | lacks WHAT: WHY
//   JOB ended CODE
import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.*;
import javax.net.ssl.*;

public class Jsse {
    private static final byte[] GREETING = "good day\n".getBytes();

    /** The library can not be set up for what was asked. */
    private static class Lacks extends Exception {
        Lacks(String what, Exception why) {
            super(what + ": " + why.getMessage());
        }
    }

    private final String job;
    private final boolean server;
    private final int port;
    private final Map<String, String> options = new HashMap<>();

    private Jsse(String line) {
        String[] words = line.split(" ");
        job = words[0];
        server = words[1].equals("server");
        port = Integer.parseInt(words[2]);
        for (int i = 3; i < words.length; i++) {
            String[] pair = words[i].split("=", 2);
            options.put(pair[0], pair[1]);
        }
    }

    private void say(String text) {
        synchronized (System.out) {
            System.out.println(job + " " + text.replace('\n', ' '));
        }
    }

    private KeyManager[] keys() throws Exception {
        if (!options.containsKey("chain")) {
            return null;
        }
        try (InputStream file = new FileInputStream(options.get("chain"))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(file, "x".toCharArray());
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, "x".toCharArray());
            return factory.getKeyManagers();
        } catch (Exception why) {
            throw new Lacks(options.get("chain"), why);
        }
    }

    private TrustManager[] roots() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        if (options.containsKey("roots")) {
            try (InputStream file = new FileInputStream(options.get("roots"))) {
                store.setCertificateEntry("root", CertificateFactory.getInstance("X.509").generateCertificate(file));
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers();
    }

    private SSLContext context() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys(), options.containsKey("roots") ? roots() : null, null);
        return context;
    }

    private SSLParameters parameters(SSLContext context) throws Exception {
        SSLParameters parameters = context.getDefaultSSLParameters();
        parameters.setProtocols(new String[] {"TLSv" + options.get("version")});
        if (options.containsKey("suite")) {
            parameters.setCipherSuites(new String[] {options.get("suite")});
        }
        if (!server && options.containsKey("name")) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setServerNames(List.of(new SNIHostName(options.get("name"))));
        } else if (server && options.containsKey("roots")) {
            parameters.setNeedClientAuth(true);
        }
        set((SSLSocket) context.getSocketFactory().createSocket(), parameters); // refused before anybody connects
        return parameters;
    }

    private void set(SSLSocket socket, SSLParameters parameters) throws Lacks {
        try {
            socket.setSSLParameters(parameters);
        } catch (IllegalArgumentException why) {
            throw new Lacks("parameters", why);
        }
    }

    private void connected(SSLSession session, boolean resumed) {
        String peer = "";
        try {
            peer = session.getPeerPrincipal().getName();
        } catch (SSLPeerUnverifiedException nobody) {
            // has shown no certificate
        }
        say("connected " + session.getProtocol().replace("TLSv", "TLS ") + " with " + session.getCipherSuite() + ", " +
            (resumed ? "resumed" : "full") + ", peer=" + peer);
    }

    // Java does not say whether a session was resumed; a session that was is older than its connection.
    private boolean talk(SSLSocket socket) throws IOException {
        long before = System.currentTimeMillis();
        try {
            Thread.sleep(2);
            socket.startHandshake();
            connected(socket.getSession(), socket.getSession().getCreationTime() <= before);
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            if (server) {
                byte[] data = new byte[4096];
                for (int size; (size = in.read(data)) > 0;) {
                    out.write(data, 0, size);
                }
                return true;
            }
            out.write(GREETING);
            return Arrays.equals(in.readNBytes(GREETING.length), GREETING);
        } catch (IOException | InterruptedException why) {
            say("refused " + why);
            return false;
        } finally {
            socket.close();
        }
    }

    private boolean serve(int connections) throws Exception {
        SSLContext context = context();
        SSLParameters parameters = parameters(context);
        boolean good = true;
        try (ServerSocket listener = new ServerSocket(port, 4, InetAddress.getByName("127.0.0.1"))) {
            say("listening " + port);
            for (int i = 0; i < connections; i++) {
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(listener.accept(), null, true);
                set(socket, parameters);
                good = talk(socket) && good;
            }
        }
        return good;
    }

    private boolean visit(int connections) throws Exception {
        SSLContext context = context();
        SSLParameters parameters = parameters(context);
        boolean good = true;
        for (int i = 0; i < connections; i++) {
            Socket plain = new Socket(InetAddress.getByName("127.0.0.1"), port);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, options.get("name"), port, true);
            set(socket, parameters);
            good = talk(socket) && good;
        }
        return good;
    }

    private void run() {
        int connections = Integer.parseInt(options.getOrDefault("connections", "1"));
        int code = 2;
        try {
            code = (server ? serve(connections) : visit(connections)) ? 0 : 1;
        } catch (Lacks why) {
            say("lacks " + why.getMessage());
            code = 3;
        } catch (Exception why) {
            say("failed " + why);
        }
        say("ended " + code);
    }

    public static void main(String[] words) throws Exception {
        System.out.println("version " + System.getProperty("java.version"));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            Thread thread = new Thread(new Jsse(line)::run);
            thread.setDaemon(true);
            thread.start();
        }
    }
}
