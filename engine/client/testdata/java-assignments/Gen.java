// Makes recorded.txt: assignments that the Java assignors give for random groups.
//   javac -cp kafka-clients-4.3.1.jar Gen.java
//   java -cp kafka-clients-4.3.1.jar:slf4j-api.jar:. Gen > recorded.txt
// A member always subscribes to something: of empty subscriptions Kafka's
// allSubscriptionsEqual takes those before the first other for equal to it.
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.internals.*;
import org.apache.kafka.common.TopicPartition;
import java.util.*;
import java.nio.ByteBuffer;
public class Gen {
  static String tps(List<TopicPartition> l){ List<String> s=new ArrayList<>(); for(TopicPartition t:l) s.add(t.topic()+"-"+t.partition()); return String.join(" ",s);}
  public static void main(String[] a) throws Exception {
    Random r=new Random(42);
    String hex="0123456789abcdef";
    for(int n=0;n<240;n++){
      int nt=1+r.nextInt(4);
      TreeMap<String,Integer> topics=new TreeMap<>();
      for(int i=0;i<nt;i++) topics.put(""+(char)('a'+i),1+r.nextInt(7));
      boolean same=r.nextInt(3)!=0;
      int nm=1+r.nextInt(n%10==0?20:6);
      List<String> ids=new ArrayList<>(); Map<String,List<String>> subs=new HashMap<>(); Map<String,Optional<String>> inst=new HashMap<>();
      for(int i=0;i<nm;i++){ StringBuilder sb=new StringBuilder("c"+i+"-"); for(int k=0;k<12;k++) sb.append(hex.charAt(r.nextInt(16)));
        String id=sb.toString(); ids.add(id);
        List<String> ts=new ArrayList<>(); for(String t:topics.keySet()) if(same||r.nextInt(3)!=0) ts.add(t);
        if(ts.isEmpty()) ts.add("a"); subs.put(id,ts); inst.put(id, r.nextInt(8)==0?Optional.of("i"+r.nextInt(100)+"x"+i):Optional.empty()); }
      Map<String,List<TopicPartition>> owned=new HashMap<>(); Map<String,Integer> gen=new HashMap<>();
      for(String id:ids){owned.put(id,new ArrayList<>());gen.put(id,-1);}
      if(r.nextInt(3)!=0){ // what a former assignment left
        for(String t:topics.keySet()) for(int p=0;p<topics.get(t);p++) if(r.nextInt(4)!=0){ String id=ids.get(r.nextInt(Math.max(1,nm-r.nextInt(3)))); if(r.nextInt(6)==0||subs.get(id).contains(t)) owned.get(id).add(new TopicPartition(t,p)); }
        for(String id:ids) gen.put(id, owned.get(id).isEmpty()&&r.nextBoolean()?-1:(r.nextInt(6)==0?3:4));
      }
      Map<String,Integer> counts=new HashMap<>();
      for(String t:topics.keySet()){ boolean any=false; for(String id:ids) any|=subs.get(id).contains(t); if(any) counts.put(t,topics.get(t)); }
      for(String as: new String[]{"range","roundrobin","cooperative-sticky"}){
        AbstractPartitionAssignor x= as.equals("range")?new RangeAssignor(): as.equals("roundrobin")?new RoundRobinAssignor(): new CooperativeStickyAssignor();
        Map<String,ConsumerPartitionAssignor.Subscription> s=new HashMap<>();
        for(String id:ids){ ConsumerPartitionAssignor.Subscription q=new ConsumerPartitionAssignor.Subscription(subs.get(id),null,owned.get(id),gen.get(id),Optional.empty()); q.setGroupInstanceId(inst.get(id)); s.put(id,q);}
        Map<String,List<TopicPartition>> out; try { out=x.assign(counts,s);} catch(RuntimeException e){ System.err.println(n+" "+as+" "+e); continue; }
        System.out.println("assign "+as);
        List<String> tt=new ArrayList<>(); for(String t:new TreeMap<>(counts).keySet()) tt.add(t+":"+counts.get(t)); System.out.println("topics "+String.join(" ",tt));
        for(String id:ids){ List<TopicPartition> l=new ArrayList<>(out.get(id)); l.sort(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
          System.out.println("member "+id+" | "+inst.get(id).orElse("")+" | "+String.join(" ",subs.get(id))+" | "+gen.get(id)+" | "+tps(owned.get(id))+" | "+tps(l)); }
        System.out.println();
      }
    }
  }
}
